"""Several arrays as one on disk, without holding it in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prefdata.io.arrays import read_array
from prefdata.io.atomic import atomic_file


def join_arrays(path: Path, parts: Sequence[Path], kind: npt.DTypeLike) -> Path:
    """Writes one array of one dimension that holds what the arrays in some files hold, in order."""
    arrays = [read_array(part) for part in parts]
    header = {
        "descr": np.dtype(kind).str,
        "fortran_order": False,
        "shape": (sum(map(len, arrays)),),
    }
    with atomic_file(path, checksum=False, durable=False) as sink:
        np.lib.format.write_array_header_1_0(sink, header)
        for array in arrays:
            assert array.dtype == np.dtype(kind), f"{array.dtype} is not {kind}"
            sink.write(np.ascontiguousarray(array).data.cast("B") if len(array) else b"")
    return path
