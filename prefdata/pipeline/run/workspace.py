"""The workspace of a run: a folder beside the output folder, locked, from which a run resumes.

`OUT` is there if and only if the build is complete. Until then everything is in `.OUT.prefdata`
next to it: a folder a step, named after the fingerprint of all that the step depends on, so that
a second run finds what is still valid and nothing else.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from prefdata.errors import LockedError, OutputError
from prefdata.io.files.atomic import flush_to_disk, sweep_temporaries
from prefdata.io.files.lock import LOCK, lock_folder, workspace_of
from prefdata.results.layout import MANIFEST, MARKS

_REPLACED = "replaced"


@contextmanager
def workspace(out: Path, *, force: bool, mark: str = MANIFEST) -> Iterator[Path]:
    """The folder to work in, for one run at a time.

    `mark`: the file that says that an output is complete, and ours. Raises OutputError when `out`
    exists (with `force`: when it is not an output of prefdata) and LockedError when another run is
    at work on it.
    """
    out = out.resolve()  # beside `a/..` is not inside `a`, and beside a link not where it leads
    try:
        _make(out.parent)
        with lock_folder(out) as place:
            _restore(place, out)
            refuse_existing(out, force=force, mark=mark)
            _discard_unflushed(place)
            try:
                yield place
            finally:
                _discard_unused(place)
    except Timeout as error:
        raise LockedError(
            f"another run is working on {out}. Wait until it ends, or choose another --out."
        ) from error
    except PermissionError as error:
        raise OutputError(f"cannot write {error.filename}: permission denied") from error


def refuse_existing(out: Path, *, force: bool, mark: str = MANIFEST) -> None:
    """Raises OutputError unless `out` may be written: absent, empty, or ours and `force`."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / mark).exists():
        raise OutputError(
            f"{out} exists and was not made by this command (it has no {mark}): it will not be "
            "touched, not even with --force. Choose another --out."
        )
    if not force:
        raise OutputError(
            f"{out} exists already. Pass --force to replace it, or choose another --out."
        )


def publish(place: Path, final: Path, out: Path) -> None:
    """Puts the finished folder `final` in the place of `out`, and ends the workspace."""
    out = out.resolve()
    shutil.rmtree(final / MARKS)
    sweep_temporaries(final)  # what a killed run was just writing is no part of the output
    flush_to_disk(final)
    replaced = place / _REPLACED
    if out.exists():
        out.rename(replaced)
    final.rename(out)
    empty_workspace(place)


def empty_workspace(place: Path) -> None:
    """Removes all but the lock, which lies in it and is held until the run ends.

    The note of the start of the machine goes first: without it, what a killed run has not removed
    yet is not taken for whole.
    """
    for path in sorted(place.iterdir(), key=Path.is_dir):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def put_back(out: Path) -> None:
    """Puts back an output that a run, killed in `publish`, had just moved out of the way."""
    out = out.resolve()
    if not out.exists() and (workspace_of(out) / _REPLACED).exists():
        with suppress(Timeout), lock_folder(out) as place:
            _restore(place, out)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except PermissionError:
        raise
    except OSError as error:  # a file stands in the way, or there is no such place
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from error


def _discard_unflushed(place: Path) -> None:
    """Empties a workspace that an earlier start of this machine has left behind.

    Nobody waits for the disk while a build is at work. A killed process loses nothing by that; a
    machine that went down may have, and what it left cannot be told from what is whole.
    """
    note = place / "boot"
    if not note.exists() or note.read_text() != _boot():
        empty_workspace(place)
    note.write_text(_boot())


def _discard_unused(place: Path) -> None:
    """Empties a workspace in which no step has left anything: a build that was refused."""
    if not any(place.glob("*-*")):
        empty_workspace(place)


def _boot() -> str:
    """Which start of the machine this is, where the system tells; else which day it is."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    return str(int(time.time() - time.monotonic()) // 86_400)


def _restore(place: Path, out: Path) -> None:
    # killed between the two renames of `publish`: what was there before is put back
    replaced = place / _REPLACED
    if replaced.exists() and not out.exists():
        replaced.rename(out)
    elif replaced.exists():
        shutil.rmtree(replaced)
