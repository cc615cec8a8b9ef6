"""Arrays in the workspace: NumPy files, written atomically and memory-mapped when read."""

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
    """Writes an array under a temporary name and renames it; returns the path."""
    with atomic_file(path, checksum=False, durable=False) as sink:
        np.lib.format.write_array(sink, np.ascontiguousarray(values), allow_pickle=False)
    return path


def read_array(path: Path) -> npt.NDArray[Any]:
    """Reads an array memory-mapped, so that only accessed parts are loaded. Never unpickles."""
    values: npt.NDArray[Any]
    try:
        values = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:  # an empty array cannot be mapped
        values = np.load(path, allow_pickle=False)
    return values


def join_arrays(path: Path, parts: Sequence[Path], kind: npt.DTypeLike) -> Path:
    """Concatenates one-dimensional arrays in files to one array of type `kind`; returns `path`."""
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
    """An array of zeros, mapped to a file that gets its name if the `with` block succeeds.

    Disk space is reserved first, so that a full disk raises OutputError at once instead of killing
    the process by a signal while the array is filled. A file left by a failed block is overwritten.
    """
    if 0 in shape:  # cannot be mapped
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
    """Allocates a file of some bytes without writing; False if the system cannot."""
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
    """Writes a new file of zeros."""
    start = path.read_bytes()
    zeros = bytes(min(_BLOCK_BYTES, size))
    with atomic_file(path, checksum=False, durable=False) as sink:
        sink.write(start)
        while size:
            size -= sink.write(memoryview(zeros)[: min(size, len(zeros))])
