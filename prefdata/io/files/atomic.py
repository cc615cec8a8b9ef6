"""Writing files atomically: a file appears under its name complete, or not at all.

Every file of an output folder is written by `atomic_file`: a temporary name in the same folder,
fsync, rename, fsync of the folder. The checksum is computed while writing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from prefdata.errors import OutputError
from prefdata.foreign_errors import cause_and_remedy, printable

_BUFFER_BYTES = 1 << 20
TEMPORARY = re.compile(r"\..+\.tmp-\d+", re.DOTALL)


@dataclass(frozen=True)
class WrittenFile:
    """A file that was written and renamed; `rows` is None if it does not hold rows."""

    path: Path
    bytes: int
    sha256: str
    rows: int | None = None


class ChecksumFile:
    """A binary file that counts and hashes the bytes written; also a sink for pyarrow."""

    mode = "wb"

    def __init__(self, file: BinaryIO, path: Path, *, checksum: bool) -> None:
        self._file = file
        self._path = path
        self._digest = hashlib.sha256() if checksum else None
        self.bytes = 0

    def write(self, content: bytes | bytearray | memoryview) -> int:
        """Writes all bytes; raises OutputError if the disk is full or not writable."""
        view = memoryview(content)
        with _disk_errors(self._path, lambda: self.bytes):
            self._file.write(view)
        if self._digest is not None:
            self._digest.update(view)
        self.bytes += view.nbytes
        return view.nbytes

    def flush(self) -> None:
        """Passes buffered bytes to the operating system."""
        with _disk_errors(self._path, lambda: self.bytes):
            self._file.flush()

    def sync(self) -> None:
        """Returns when all bytes are on the disk."""
        self.flush()
        with _disk_errors(self._path, lambda: self.bytes):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the underlying file; called by `atomic_file`."""
        self._file.close()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def written(self, *, rows: int | None = None) -> WrittenFile:
        """Path, size and checksum of what was written; to be called when the file is complete."""
        assert self._digest is not None, "the file was opened without a checksum"
        return WrittenFile(self._path, self.bytes, self._digest.hexdigest(), rows)


@contextmanager
def atomic_file(
    path: Path, *, checksum: bool = True, durable: bool = True
) -> Iterator[ChecksumFile]:
    """Opens a file for writing that appears under its name only when it is complete.

    Missing folders are made. `checksum=False` is for files that no manifest names. `durable=False`
    skips fsync: for files that need to survive the process but not a crash of the machine, or that
    `flush_to_disk` syncs later. If the `with` block raises, an existing file is unchanged and
    nothing is left behind. Raises OutputError if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    with _disk_errors(path, lambda: 0):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Process numbers are reused (in a container, every time).
        temporary.unlink(missing_ok=True)
        raw = temporary.open("xb", buffering=_BUFFER_BYTES)
    file = ChecksumFile(raw, path, checksum=checksum)
    try:
        yield file
        file.sync() if durable else file.flush()
        file.close()
        with _disk_errors(path, lambda: file.bytes):
            temporary.replace(path)
            if durable:
                sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):  # closing flushes again, and fails again on a full disk
            raw.close()
        with suppress(OSError):
            temporary.unlink()
        raise


def write_text_atomic(path: Path, text: str) -> WrittenFile:
    """Writes text as UTF-8; a lone surrogate becomes its escape, as in JSON."""
    with atomic_file(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
    return file.written()


def write_json_atomic(path: Path, value: object) -> WrittenFile:
    """Writes a pydantic model or plain values as JSON; see `json_text`."""
    return write_text_atomic(path, json_text(value))


def json_text(value: object) -> str:
    """A pydantic model or plain values as JSON, indented by two, keys in their order."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def flush_to_disk(path: Path) -> None:
    """Syncs a file, or everything under a folder, to the disk."""
    if path.is_dir():
        for inner in path.iterdir():
            flush_to_disk(inner)
        sync_folder(path)
        return
    with path.open("rb+") as file, _disk_errors(path, lambda: path.stat().st_size):
        os.fsync(file.fileno())


def sweep_temporaries(folder: Path) -> list[Path]:
    """Removes temporary files of killed runs under a folder; returns their paths.

    The caller must hold the lock of the folder, since files that are still being written look the
    same.
    """
    left = [path for path in sorted(folder.rglob(".*")) if is_temporary(path.name)]
    removed = [path for path in left if path.is_file() or path.is_symlink()]
    for path in removed:
        path.unlink(missing_ok=True)
    return removed


def is_temporary(name: str) -> bool:
    """Whether this is the name of a temporary file, in use or left by a killed run."""
    return TEMPORARY.fullmatch(name) is not None


def sync_folder(folder: Path) -> None:
    """Syncs the names in a folder to the disk."""
    if os.name == "nt":  # Windows cannot open folders, and its rename is durable
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors(path: Path, written: Callable[[], int]) -> Iterator[None]:
    # Only around calls that write: an error of the code that produces the content must not be
    # reported as an error of the disk.
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise  # a question of names, which the caller can answer
    except OSError as error:
        cause, remedy = cause_and_remedy(error)
        raise OutputError(
            f"cannot write {printable(str(path))}: {cause} ({written():,} bytes of it were "
            "written; the unfinished file was removed). "
            f"{remedy}, and run the same command again."
        ) from error
