"""Two commands on one output folder: real processes, of which one waits for its input."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prefdata.cli.main import AGAIN, FAILED, GOOD
from prefdata.io.files.lock import LOCK, workspace_of

ROWS = "".join(
    json.dumps({"prompt": f"Q{n}?", "chosen": f"Good {n}.", "rejected": f"Poor {n}."}) + "\n"
    for n in range(10)
)


def prefdata(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prefdata", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


@contextmanager
def building(out: Path) -> Iterator[subprocess.Popen[str]]:
    """A build that has begun, and reads its rows from stdin."""
    command = [sys.executable, "-m", "prefdata", "build", "-", "--out", str(out), "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 60
        while not (workspace_of(out) / LOCK).exists() and time.monotonic() < until:
            time.sleep(0.02)
        yield running


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_text(ROWS)
    return path


def test_the_second_is_told_to_wait_and_the_first_is_not_disturbed(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with building(out) as first:
        second = prefdata("build", source, "--out", out)
        assert second.returncode == AGAIN
        assert "another run is working on" in second.stderr
        first.communicate(ROWS)
    assert first.returncode == GOOD
    assert prefdata("verify", out).returncode == GOOD
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "out"}


def test_one_that_was_killed_keeps_nobody_waiting(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with building(out) as first:
        first.kill()
    assert (workspace_of(out) / LOCK).exists()
    assert prefdata("build", source, "--out", out).returncode == GOOD
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "out"}


def test_one_that_is_refused_leaves_nothing_behind(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    for words in (["--help"], [tmp_path / "absent.jsonl"], [source], [source, "--force"]):
        ran = prefdata("build", *words, "--out", tmp_path / "out")
        assert ran.returncode == (GOOD if words == ["--help"] else FAILED)
        assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "out"}
