"""Locking an output folder for one run, without leaving a lock file behind.

The lock is in the workspace `.OUT.prefdata` beside the folder, so that it holds for everybody who
could replace the folder: through any links, for other users and, if the file system supports it,
for other machines. In a folder of the user it would hold for that user only.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

LOCK = "lock"
"""Name of the lock in a workspace."""

_TRIES = 1000
"""How often a lock may be found removed; after that many holders it counts as held."""


def workspace_of(out: Path) -> Path:
    """The workspace of an output folder: beside it, so that files are renamed and never copied."""
    return out.with_name(f".{out.name}.prefdata")


@contextmanager
def lock_folder(out: Path) -> Iterator[Path]:
    """Locks an output folder; yields its workspace, which is removed at the end if it is empty.

    Raises filelock.Timeout at once if another run holds the lock, and OSError if the workspace
    cannot be made or written.
    """
    place = workspace_of(out.resolve())
    try:
        with lock_file(place / LOCK):
            yield place
    finally:
        with suppress(OSError):  # it holds steps of a run to resume, or is already removed
            place.rmdir()


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Holds a lock on a file that is created for it and removed afterwards.

    Raises filelock.Timeout at once if another process holds it.
    """
    lock: BaseFileLock = FileLock(path)  # a SoftFileLock where the system knows no other
    tries = (_acquire(lock, path) for _ in range(_TRIES))
    held = next((file for file in tries if file is not None), None)
    if held is None:
        if not path.exists():  # nor ever was: a file system, as of the kernel, without such files
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        raise Timeout(str(path))
    try:
        yield
    finally:
        # Removed while it is held: a process that has opened it meanwhile notices the removal.
        if _is_at(path, held) and not isinstance(lock, SoftFileLock):
            with suppress(OSError):
                path.unlink()
        lock.release()


def _acquire(lock: BaseFileLock, path: Path) -> os.stat_result | None:
    """Takes a lock and returns the stat of its file; None if that was removed meanwhile (try
    again).

    Between opening and locking a file its holder may remove it, and another process may create and
    lock a new one. A file that is at `path` both before and after locking was there all the time,
    since its inode number is not reused while we have it open.
    """
    with suppress(FileExistsError):  # not `exist_ok`, which tests again: it may be gone by then
        path.parent.mkdir()
    with _opened(path) as before:
        try:
            lock.acquire(timeout=0)
        except (FileNotFoundError, FileExistsError):  # its folder was removed meanwhile
            return None
        except Timeout:
            if before is not None and _is_at(path, before):
                raise
            return None
        # without file system locks, creating the file is the lock, and a release removes it
        if isinstance(lock, SoftFileLock) or (before is not None and _is_at(path, before)):
            return path.stat()
        lock.release()
        return None


@contextmanager
def _opened(path: Path) -> Iterator[os.stat_result | None]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield os.fstat(file.fileno())


def _is_at(path: Path, file: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), file)
    except FileNotFoundError:
        return False
