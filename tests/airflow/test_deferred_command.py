"""A command that goes on alone: what ends it, and what is known of it. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from real_airflow import stat_of, until

from prefdata.airflow.deferred import (
    ALIVE,
    LOG,
    RESULT,
    STOP,
    WAITED,
    SignsOfLife,
    ending,
    folder_beside,
    last_lines,
    remove,
    start,
)

SAYS = "import os, sys; print('result'); print('said', os.environ['A'], file=sys.stderr)"
STAYS = "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(600)"


def started(tmp_path: Path, code: str, *, patience: float = 60.0) -> Path:
    folder = folder_beside(str(tmp_path / "made/out"))
    command = [sys.executable, "-c", code]
    start(folder, command, env=dict(os.environ) | {"A": "1"}, cwd=None, grace=2, patience=patience)
    return folder


def ended(folder: Path) -> int:
    return until(lambda: None if (code := ending(folder)) is None else code + 1, seconds=20) - 1


def process(folder: Path) -> int:
    return until(lambda: int(found[0]) if (found := last_lines(folder)) else None, seconds=20)


def test_what_it_printed_and_its_code_are_left_in_the_folder(tmp_path: Path) -> None:
    folder = started(tmp_path, SAYS)
    assert ended(folder) == 0
    assert (folder / RESULT).read_text() == "result\n"
    assert last_lines(folder) == ["said 1"]
    assert folder.stat().st_mode & 0o077 == 0
    assert folder.parent == tmp_path / "made" and folder.name.startswith(".out.task-")
    remove(folder)
    remove(folder)
    assert not folder.exists() and ending(folder) is None and last_lines(folder) == []


def test_it_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from prefdata.airflow.deferred import start\n"
        "start(Path(sys.argv[1]), [sys.executable, '-c', sys.argv[2]], env=dict(os.environ),"
        " cwd=None, grace=1)"
    )
    folder = folder_beside(str(tmp_path / "out"))
    after = "import time; time.sleep(3)"
    subprocess.run([sys.executable, "-c", code, str(folder), after], check=True, timeout=20)
    assert ending(folder) is None
    assert ended(folder) == 0


@pytest.mark.parametrize("how", ["told", "alone", "killed"])
def test_it_ends_when_it_is_told_left_alone_or_killed(how: str, tmp_path: Path) -> None:
    folder = started(tmp_path, STAYS, patience=3 if how == "alone" else 60)
    command = process(folder)
    if how == "told":
        (folder / STOP).touch()
    elif how == "killed":
        os.kill(command, signal.SIGKILL)
    assert ended(folder) == 128 + (9 if how == "killed" else 15)
    assert not stat_of(command)


def test_as_long_as_somebody_waits_it_stays(tmp_path: Path) -> None:
    folder = started(tmp_path, STAYS, patience=3)
    command = process(folder)
    for _ in range(6):
        (folder / WAITED).touch()
        time.sleep(1)
    assert stat_of(command)
    (folder / STOP).touch()
    ended(folder)


def test_a_folder_that_is_removed_ends_it(tmp_path: Path) -> None:
    folder = started(tmp_path, STAYS, patience=3)
    command = process(folder)
    remove(folder)
    until(lambda: not stat_of(command), seconds=20)
    assert not (folder / LOG).exists()


def test_silence_is_measured_by_ones_own_clock(tmp_path: Path) -> None:
    file = tmp_path / ALIVE
    signs = SignsOfLife(file, now=100.0)
    assert signs.silence(107.0) == 7.0
    file.touch()
    os.utime(file, (5.0, 5.0))  # of a machine whose clock is far behind
    assert signs.silence(108.0) == 0.0
    assert signs.silence(110.0) == 2.0
    os.utime(file, (6.0, 6.0))
    assert signs.silence(111.0) == 0.0
