"""The workspace of a run: a folder beside the output folder, locked, from which a run resumes.

`OUT` exists if and only if the build is complete. Until then everything is in `.OUT.prefdata` next
to it: one folder per step, named after the fingerprint of all that the step depends on, so that a
second run finds exactly the results that are still valid.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from prefdata.errors import LockedError, OutputError
from prefdata.foreign_errors import cause_and_remedy, refuse_unless_text
from prefdata.io.files.atomic import flush_to_disk, sweep_temporaries
from prefdata.io.files.lock import LOCK, lock_folder, workspace_of
from prefdata.results.layout import MANIFEST, MARKS

_REPLACED = "replaced"


@contextmanager
def workspace(out: Path, *, force: bool, mark: str = MANIFEST) -> Iterator[Path]:
    """The folder to work in, for one run at a time.

    `mark`: the file by which a complete output of this command is recognised. Raises UsageError if
    the name of `out` is no text, OutputError if it exists (with `force`: if it is not an output of
    prefdata) or cannot be made, LockedError if another run works on it.
    """
    out = out.resolve()  # the parent of `a/..` is not `a`, nor is a link beside its target
    refuse_unless_text(out)
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
    except OSError as error:
        if not str(error.filename or "").startswith(str(workspace_of(out))):
            raise
        cause, _ = cause_and_remedy(error)
        raise OutputError(
            f"cannot write {out}: {cause} ({error.filename}). Choose another --out."
        ) from error


def refuse_existing(out: Path, *, force: bool, mark: str = MANIFEST) -> None:
    """Raises OutputError unless `out` is absent, empty, or ours and `force` is given."""
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
    """Moves the finished folder `final` to `out`, replacing any other, and ends the workspace."""
    out = out.resolve()
    shutil.rmtree(final / MARKS)
    sweep_temporaries(final)  # partial files of a killed run are no part of the output
    flush_to_disk(final)
    replaced = place / _REPLACED
    if out.exists():
        out.rename(replaced)
    final.rename(out)
    empty_workspace(place)


def empty_workspace(place: Path) -> None:
    """Removes all but the lock file, which is held until the run ends.

    The note of the machine's boot goes first: without it, remains of an interrupted removal are not
    taken for complete results.
    """
    for path in sorted(place.iterdir(), key=Path.is_dir):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOCK:
            path.unlink()


def put_back(out: Path) -> None:
    """Restores an output that a run, killed in `publish`, had just moved away."""
    out = out.resolve()
    if not out.exists() and (workspace_of(out) / _REPLACED).exists():
        with suppress(Timeout), lock_folder(out) as place:
            _restore(place, out)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # a file has this name, the path is invalid, nobody may write there
        cause, _ = cause_and_remedy(error)
        raise OutputError(
            f"cannot make the folder {folder}: {cause}. Choose another --out."
        ) from error


def _discard_unflushed(place: Path) -> None:
    """Empties a workspace that was left before the machine was last started.

    A run does not wait for the disk. A killed process loses nothing by that, but a machine that
    went down may have, and damaged files could not be told from whole ones.
    """
    note = place / "boot"
    if not note.exists() or note.read_text() != _boot():
        empty_workspace(place)
    note.write_text(_boot())


def _discard_unused(place: Path) -> None:
    """Empties a workspace without a result of any step, as after a build that was refused."""
    if not any(place.glob("*-*")):
        empty_workspace(place)


def _boot() -> str:
    """Identifies the current boot of the machine; the day of it if the system has no identifier."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    return str(int(time.time() - time.monotonic()) // 86_400)


def _restore(place: Path, out: Path) -> None:
    # after a kill between the two renames of `publish` the previous output is restored
    replaced = place / _REPLACED
    if replaced.exists() and not out.exists():
        replaced.rename(out)
    elif replaced.exists():
        shutil.rmtree(replaced)
