"""Memory as the machine moves it, for kernels: what Numba's own indexing is too slow for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as numba_intrinsic
from numba.np.arrayobj import make_array

intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = numba_intrinsic
"""Makes a function that is called without the first argument, in kernels only."""


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


@intrinsic
def load_word(_context: Any, raw: types.Array, at: types.Integer) -> Any:
    """Reads the eight bytes of `raw` from `at` on as a number, little-endian on every machine that
    Numba runs on. Bounds are not checked."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        start = context.cast(builder, arguments[1], signature.args[1], types.intp)
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        word = cgutils.gep_inbounds(builder, data, start)
        word = builder.bitcast(word, context.get_value_type(types.uint64).as_pointer())
        return builder.load(word, align=1)

    return types.uint64(raw, at), generate


@intrinsic
def multiply_high(_context: Any, one: types.Integer, other: types.Integer) -> Any:
    """The upper 64 bits of the product of two 64-bit numbers without sign."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        both = [builder.zext(argument, wide) for argument in arguments]
        high = builder.lshr(builder.mul(*both), ir.Constant(wide, 64))
        return builder.trunc(high, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate
