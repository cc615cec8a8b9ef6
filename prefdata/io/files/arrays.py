"""Arrays of numbers in the workspace: NumPy files, written whole, memory-mapped when read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.errors import OutputError
from prefdata.io.files.atomic import atomic_file


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


_BLOCK_BYTES = 8 << 20
_UNABLE = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


@contextmanager
def array_to_fill(
    path: Path, shape: tuple[int, int], kind: npt.DTypeLike
) -> Iterator[npt.NDArray[Any]]:
    """An array of zeros, mapped to a file that gets its name when the block ends well.

    Its place on the disk is taken first: a full disk is an OutputError then, and not a signal that
    ends the process while the array is being filled. What a block that raised leaves behind is
    begun anew.
    """
    if 0 in shape:  # nothing to map
        nothing = np.zeros(shape, kind)
        yield nothing
        write_array(path, nothing)
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    size = shape[0] * shape[1] * np.dtype(kind).itemsize
    header = {"descr": np.dtype(kind).str, "fortran_order": False, "shape": shape}
    with atomic_file(unfinished, checksum=False, durable=False) as sink:
        np.lib.format.write_array_header_1_0(sink, header)
        start = sink.bytes
    if not _reserved(unfinished, start + size):
        _write_zeros(unfinished, size)
    array = np.load(unfinished, mmap_mode="r+", allow_pickle=False)
    yield array
    array.flush()
    del array
    unfinished.replace(path)


def _reserved(path: Path, size: int) -> bool:
    """Makes a file as long as that, without writing it; False where the system cannot."""
    if not hasattr(os, "posix_fallocate"):
        return False
    try:
        with path.open("rb+") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        if error.errno in _UNABLE:
            return False
        path.unlink()
        raise OutputError(
            f"cannot write {path}: {error.strerror} ({size:,} bytes are needed). To go on: free "
            "some space, or choose another place, and run the same command again."
        ) from error
    return True


def _write_zeros(path: Path, size: int) -> None:
    """Appends zeros to a file that is written anew."""
    start = path.read_bytes()
    zeros = bytes(min(_BLOCK_BYTES, size))
    with atomic_file(path, checksum=False, durable=False) as sink:
        sink.write(start)
        while size:
            size -= sink.write(memoryview(zeros)[: min(size, len(zeros))])
