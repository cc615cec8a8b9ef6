"""Memory as the machine moves it, for kernels: what Numba's own indexing is too slow for."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


@intrinsic
def copy_bytes(
    _context: Any,
    out: types.Array,
    fill: types.Integer,
    raw: types.Array,
    start: types.Integer,
    size: types.Integer,
) -> Any:
    """Copies `raw[start : start + size]` to `out`, from `fill` on.

    The bounds are not checked, and the two arrays of bytes must not overlap.
    """
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers = [
            context.cast(builder, arguments[place], signature.args[place], types.intp)
            for place in (1, 3, 4)
        ]
        target, origin = (
            make_array(signature.args[place])(context, builder, arguments[place]).data
            for place in (0, 2)
        )
        to = cgutils.gep_inbounds(builder, target, numbers[0])
        come_from = cgutils.gep_inbounds(builder, origin, numbers[1])
        cgutils.raw_memcpy(builder, to, come_from, numbers[2], 1)
        return context.get_dummy_value()

    return types.void(out, fill, raw, start, size), generate
