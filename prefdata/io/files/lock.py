"""One run at a time on an output folder, by a lock of which nothing is left behind.

The lock lies in the workspace `.OUT.prefdata` beside the folder. There everybody meets it who could
replace the folder: by whatever links it was named, other users and, where the file system locks
for several machines, those too. In a folder of the user's own it would hold for this user alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

LOCK = "lock"
"""Name of the lock in a workspace."""

_TRIES = 1000
"""Times that a lock is found to be removed: so many holders in turn are one that holds it."""


def workspace_of(out: Path) -> Path:
    """Where an output folder is made: beside it, so that it is renamed and never copied."""
    return out.with_name(f".{out.name}.prefdata")


@contextmanager
def lock_folder(out: Path) -> Iterator[Path]:
    """Keeps other runs off an output folder; gives its workspace, which goes when it is empty.

    Raises filelock.Timeout at once where another run holds it, and OSError where its workspace
    cannot be made or written.
    """
    place = workspace_of(out.resolve())
    try:
        with lock_file(place / LOCK):
            yield place
    finally:
        with suppress(OSError):  # steps of a run that is to be resumed are in it, or it is gone
            place.rmdir()


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Holds a lock whose file is made for it, and removed after it.

    Raises filelock.Timeout at once where somebody else holds it.
    """
    lock: BaseFileLock = FileLock(path)  # a SoftFileLock where the system knows no other
    tries = (_acquire(lock, path) for _ in range(_TRIES))
    held = next((file for file in tries if file is not None), None)
    if held is None:
        raise Timeout(str(path))
    try:
        yield
    finally:
        # Removed while it is held: whoever opened it meanwhile sees that it is not there any more.
        if _is_at(path, held) and not isinstance(lock, SoftFileLock):
            with suppress(OSError):
                path.unlink()
        lock.release()


def _acquire(lock: BaseFileLock, path: Path) -> os.stat_result | None:
    """Takes a lock, and tells its file; None where that was removed meanwhile, so try again.

    Between opening a file and locking it, its holder may remove it, and somebody else make another
    one and hold that. A file that is at `path` before it is locked and after it was there all the
    time: one that is removed does not come back, nor its number while we have it open.
    """
    with suppress(FileExistsError):  # not `exist_ok`, which looks again: it may be gone by then
        path.parent.mkdir()
    with _opened(path) as before:
        try:
            lock.acquire(timeout=0)
        except (FileNotFoundError, FileExistsError):  # its folder was there, and is gone
            return None
        except Timeout:
            if before is not None and _is_at(path, before):
                raise
            return None
        # where a file system cannot lock, to make the file is to hold it, and a release removes it
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
