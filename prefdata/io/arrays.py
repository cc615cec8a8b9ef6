"""Arrays of numbers in the workspace: NumPy files, written whole, memory-mapped when read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.io.atomic import atomic_file


def write_array(path: Path, values: npt.NDArray[Any]) -> Path:
    """Writes an array under a temporary name and renames it; gives the path."""
    with atomic_file(path, checksum=False, durable=False) as sink:
        np.lib.format.write_array(sink, np.ascontiguousarray(values), allow_pickle=False)
    return path


def read_array(path: Path) -> npt.NDArray[Any]:
    """An array as it was written: only what is looked at is loaded. Nothing is unpickled."""
    values: npt.NDArray[Any]
    try:
        values = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:  # nothing to map in an empty one
        values = np.load(path, allow_pickle=False)
    return values
