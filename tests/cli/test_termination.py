"""Commands that are told to end while processes work for them: real ones, really signalled."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

ROWS = 5_000
STOPPED = "Stopped. Nothing half-made is left; the same command resumes."


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "a.jsonl"
    with path.open("w") as file:
        for n in range(ROWS):
            row = {
                "prompt": f"What is {n} times {n % 97}, and why is it {n % 13}?",
                "chosen": f"It is {n * (n % 97)}: " + f"count {n} again, " * (n % 20 + 3),
                "rejected": f"I would say {n + 1}, " + f"more or less {n % 7}, " * (n % 17 + 2),
            }
            file.write(json.dumps(row) + "\n")
    (path.parent / "small.yaml").write_text("read: {segment_bytes: 65536}\nnear: {hashes: 64}\n")
    return path


def command(source: Path, out: Path) -> list[str]:
    config = str(source.parent / "small.yaml")
    run = [sys.executable, "-m", "prefdata", "build", str(source), "--out", str(out)]
    return [*run, "--config", config, "--workers", "2", "--quiet"]


def bytes_of(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    subprocess.run(command(source, out), check=True)
    return bytes_of(out)


def processes() -> Iterator[tuple[int, int, str]]:
    """Number, parent and state of every process."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        yield int(path.parent.name), int(parent), state


def descendants(process: int) -> set[int]:
    parents = {number: parent for number, parent, _ in processes()}
    found = {process}
    while more := {n for n, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def alive(among: set[int]) -> set[int]:
    return {number for number, _, state in processes() if state not in "ZX"} & among


def until(holds: Callable[[], object], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if holds():
            return True
        time.sleep(0.02)
    return False


def at_work(running: subprocess.Popen[str], place: Path, step: str) -> set[int]:
    """Waits until workers are in the midst of a step; what has been started by then."""
    midst = lambda: len([*place.glob(f"{step}-*/*")]) >= 2 and len(descendants(running.pid)) >= 4  # noqa: E731
    assert until(lambda: running.poll() is not None or midst(), 60)
    assert running.poll() is None, "it ended before it was told to"
    return descendants(running.pid)


@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.2])
def test_ctrl_c_while_workers_start(seconds: float, source: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command(source, tmp_path / "out"), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert until(lambda: descendants(running.pid), 60)  # the server that will fork them
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert (running.returncode, said.strip()) == (130, STOPPED)


@pytest.mark.parametrize(
    ("step", "send", "code"),
    [
        ("ingest", lambda process: os.kill(process, signal.SIGTERM), 143),
        ("keys", lambda process: os.killpg(process, signal.SIGTERM), 143),
        ("keys", lambda process: os.killpg(process, signal.SIGINT), 130),
        ("ingest", lambda process: os.kill(process, signal.SIGKILL), -9),
    ],
    ids=["term", "term-to-all", "ctrl-c", "kill"],
)
def test_a_build_that_is_told_to_end(
    step: str,
    send: Callable[[int], None],
    code: int,
    source: Path,
    undisturbed: dict[str, str],
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(
        command(source, out), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        started = at_work(running, tmp_path / ".out.prefdata", step)
        send(running.pid)
        # before anybody asks how it ended: until then its number is in use
        assert until(lambda: not alive(started), 5), alive(started)
        _, said = running.communicate(timeout=20)
    assert running.returncode == code
    assert said.strip() == STOPPED or code == -9
    assert not out.exists()
    subprocess.run(command(source, out), check=True)
    assert bytes_of(out) == undisturbed
