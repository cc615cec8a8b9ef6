"""A command that goes on when the task that started it has given its worker slot away.

The command runs under guard on the machine of the worker, in a folder beside `out` that all
machines see. There the guard writes what the command prints, its log, a sign of life, and at last
its exit code. A trigger reads them, and leaves its own sign of life: without it the guard ends the
command. So neither can be alone for long, on whichever machines they are.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from prefdata.airflow.child import LAST_LINES

_GUARD = Path(__file__).with_name("guard.py")
RESULT, LOG, ALIVE, ENDED, WAITED, STOP = (
    "result.json", "log", "alive", "ended", "waited-for", "stop",
)  # fmt: skip
"""Files of the folder: stdout, stderr, sign of life of the guard, exit code; sign of life of the
trigger, and its request to stop."""

PATIENCE = 120.0
"""Seconds without a sign of life after which the other side is taken for dead."""


def folder_beside(out: str) -> Path:
    """A new folder beside `out`, that only its user can read."""
    place = Path(out)
    place.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{place.name}.task-", dir=place.parent))


def start(
    folder: Path,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | None,
    grace: float,
    keep: Sequence[int] = (),
    patience: float = PATIENCE,
) -> None:
    """Starts `command` under a guard that outlives this process."""
    (folder / WAITED).touch()
    settings = {"grace": grace, "keep": list(keep), "folder": str(folder), "patience": patience}
    with (folder / RESULT).open("wb") as output, (folder / LOG).open("wb") as log:
        subprocess.run(  # noqa: S603 - no shell; what a DAG says
            [sys.executable, "-I", "-S", str(_GUARD), json.dumps(settings), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            env=env,
            cwd=cwd,
            start_new_session=True,
            pass_fds=keep,
            check=True,
        )


def ending(folder: Path) -> int | None:
    """The exit code of the command, once it has ended."""
    with suppress(OSError, ValueError):
        return int((folder / ENDED).read_text())
    return None


def last_lines(folder: Path) -> list[str]:
    """The last lines of the log."""
    with suppress(OSError):
        text = (folder / LOG).read_bytes()[-(1 << 16) :].decode("utf-8", "backslashreplace")
        return [line for line in text.splitlines() if line.strip()][-LAST_LINES:]
    return []


def remove(folder: Path) -> None:
    """Removes the folder when all is known of the command."""
    shutil.rmtree(folder, ignore_errors=True)


class SignsOfLife:
    """Whether a file is touched again and again, by one's own clock: those of two machines may
    differ."""

    def __init__(self, file: Path, now: float) -> None:
        self.file = file
        self._seen: tuple[float, float] = (0.0, now)

    def silence(self, now: float) -> float:
        """Seconds since the file was last seen to change."""
        with suppress(OSError):
            changed = os.stat(self.file).st_mtime  # noqa: PTH116
            if changed != self._seen[0]:
                self._seen = (changed, now)
        return now - self._seen[1]
