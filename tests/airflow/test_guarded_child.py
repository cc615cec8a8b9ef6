"""A command under guard ends when it should, with all that it has started; real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeVar

import pytest

from prefdata.airflow.child import LAST_LINES, GuardedChild

PATIENCE = 20.0

T = TypeVar("T")

# Starts a worker, says both numbers, and stays; on SIGTERM it does what its argument says.
BUSY = """
import os, signal, subprocess, sys, time
def leave(*_):
    print("leaving in good order", file=sys.stderr, flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, leave if sys.argv[1] == "polite" else signal.SIG_IGN)
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), worker.pid, file=open(sys.argv[2] + ".new", "w"), flush=True)
os.rename(sys.argv[2] + ".new", sys.argv[2])
time.sleep(600)
"""

# What runs BUSY under guard: a process that a test can kill, as Airflow's own can be.
OWNER = """
import os, sys, tempfile
from prefdata.airflow.child import GuardedChild
with tempfile.TemporaryFile() as output:
    GuardedChild(grace=0.5).run(
        [sys.executable, "-c", *sys.argv[1:]], env=dict(os.environ), cwd=None, output=output,
        say=print,
    )
"""


@pytest.fixture
def output() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def run(
    child: GuardedChild, code: str, *arguments: str, output: IO[bytes]
) -> tuple[int, list[str]]:
    said: list[str] = []
    ended = child.run(
        [sys.executable, "-c", code, *arguments],
        env=dict(os.environ),
        cwd=None,
        output=output,
        say=said.append,
    )
    return ended, said


def until(found: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def numbers(place: Path) -> list[int]:
    """The processes that BUSY has spoken of, as soon as it has."""
    return until(lambda: [int(n) for n in place.read_text().split()] if place.exists() else None)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def all_gone(pids: list[int]) -> bool:
    return not any(map(is_running, pids))


@pytest.mark.parametrize("code", [0, 1, 2, 75])
def test_the_exit_code_is_that_of_the_command(code: int, output: IO[bytes]) -> None:
    assert run(GuardedChild(grace=1), f"raise SystemExit({code})", output=output)[0] == code


def test_a_command_that_is_killed_says_by_which_signal(output: IO[bytes]) -> None:
    code, _ = run(GuardedChild(grace=1), "import os; os.kill(os.getpid(), 9)", output=output)
    assert code == 128 + 9


def test_lines_come_as_they_are_written_and_the_result_apart(output: IO[bytes]) -> None:
    came: list[tuple[str, float]] = []
    child = GuardedChild(grace=1)
    code = (
        "import sys, time\n"
        "print('result')\n"
        "print('early', file=sys.stderr, flush=True)\n"
        "time.sleep(0.5)\n"
        "sys.stderr.buffer.write(b'late \\xff\\n\\n' + b'x' * 200_000)\n"
    )
    child.run(
        [sys.executable, "-c", code],
        env=dict(os.environ),
        cwd=None,
        output=output,
        say=lambda line: came.append((line, time.monotonic())),
    )
    (early, then), (late, after), *rest = came
    assert (early, late) == ("early", "late \\xff")
    assert after - then > 0.3
    assert "".join(line for line, _ in rest) == "x" * 200_000
    output.seek(0)
    assert output.read() == b"result\n"
    assert len(child.last_lines) <= LAST_LINES


def test_of_many_lines_the_last_are_kept(output: IO[bytes]) -> None:
    child = GuardedChild(grace=1)
    _, said = run(child, "import sys\nfor n in range(99): print(n, file=sys.stderr)", output=output)
    assert said == [str(n) for n in range(99)]
    assert [*child.last_lines] == said[-LAST_LINES:]


def test_what_cannot_be_started_is_said(output: IO[bytes]) -> None:
    child = GuardedChild(grace=1)
    code = child.run(["/no/such/python"], env={}, cwd=None, output=output, say=lambda _: None)
    assert code == 127
    assert "/no/such/python cannot be started: No such file" in child.last_lines[-1]


@pytest.mark.parametrize(("manner", "grace", "code"), [("polite", 15, 143), ("deaf", 0.3, 137)])
def test_when_it_is_stopped_nothing_is_left(
    manner: str, grace: float, code: int, tmp_path: Path, output: IO[bytes]
) -> None:
    child, place = GuardedChild(grace=grace), tmp_path / "pids"
    threading.Thread(target=lambda: numbers(place) and child.stop()).start()
    before = time.monotonic()
    ended, said = run(child, BUSY, manner, str(place), output=output)
    assert ended == code
    assert time.monotonic() - before < 10
    assert all_gone(numbers(place))
    assert said == (
        ["leaving in good order"]
        if manner == "polite"
        else ["Still there 0.3 s after it was asked to stop: killed."]
    )


def test_stopped_before_it_starts_it_does_not_stay(tmp_path: Path, output: IO[bytes]) -> None:
    child = GuardedChild(grace=0.2)
    child.stop()
    child.stop()
    assert run(child, "import time; time.sleep(600)", output=output)[0] in (128 + 15, 128 + 9)


class TimeIsUp(BaseException):
    """Like Airflow's own, no Exception."""


def test_what_is_raised_meanwhile_ends_it_first(tmp_path: Path, output: IO[bytes]) -> None:
    place = tmp_path / "pids"

    def interrupt(*_: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, interrupt)
    threading.Thread(target=lambda: numbers(place) and signal.raise_signal(signal.SIGALRM)).start()
    try:
        with pytest.raises(TimeIsUp):
            run(GuardedChild(grace=5), BUSY, "polite", str(place), output=output)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert all_gone(numbers(place))


@pytest.mark.parametrize("manner", ["polite", "deaf"])
def test_when_its_owner_is_killed_nothing_is_left(manner: str, tmp_path: Path) -> None:
    place = tmp_path / "pids"
    owner = subprocess.Popen([sys.executable, "-c", OWNER, BUSY, manner, str(place)])
    pids = numbers(place)
    assert not all_gone(pids)
    owner.kill()
    owner.wait()
    until(lambda: all_gone(pids))


def test_when_its_guard_is_killed_it_is_asked_to_leave(tmp_path: Path, output: IO[bytes]) -> None:
    place = tmp_path / "pids"
    child = GuardedChild(grace=5)

    def kill_the_guard() -> None:
        numbers(place)
        assert child._guard is not None
        child._guard.kill()

    threading.Thread(target=kill_the_guard).start()
    code, said = run(child, BUSY, "polite", str(place), output=output)
    assert code == 128 + 9
    assert said == ["leaving in good order"]
    until(lambda: not is_running(numbers(place)[0]))
    os.kill(numbers(place)[1], signal.SIGKILL)  # BUSY leaves its worker; prefdata does not


def test_a_worker_that_outlives_its_command_is_ended(tmp_path: Path, output: IO[bytes]) -> None:
    place = tmp_path / "pids"
    code = BUSY.replace("time.sleep(600)\n", "os._exit(1)\n")
    assert run(GuardedChild(grace=5), code, "polite", str(place), output=output)[0] == 1
    until(lambda: all_gone(numbers(place)))


def test_a_stray_process_that_holds_stderr_does_not_hold_the_task(output: IO[bytes]) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)'],"
        " start_new_session=True)\n"
    )
    before = time.monotonic()
    assert run(GuardedChild(grace=1), code, output=output)[0] == 0
    assert time.monotonic() - before < 6


def test_it_inherits_the_files_it_is_to_keep(output: IO[bytes]) -> None:
    with tempfile.TemporaryFile() as file:
        file.write("near: {threshold: 0.7}  # 是".encode())
        file.seek(0)
        path = f"/dev/fd/{file.fileno()}"
        code = GuardedChild(grace=1).run(
            [sys.executable, "-c", f"print(open({path!r}, encoding='utf-8').read())"],
            env=dict(os.environ),
            cwd=None,
            output=output,
            say=print,
            keep=[file.fileno()],
        )
    output.seek(0)
    assert (code, output.read().decode().strip()) == (0, "near: {threshold: 0.7}  # 是")
