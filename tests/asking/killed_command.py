"""A command that asks is killed again and again at random moments, and ends as if undisturbed.

It asks a fault server in a process of its own; a twentieth of the attempts meet a fault. After the
kills it is run to its end, and again from nothing, and both outputs are compared.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.asking.fault_server import FaultProcess

_LONGEST_SECONDS = 2.5
"""Seconds until a kill, at most, once the file of answers is there."""


def asking(url: str) -> list[str]:
    """Options of a command; a run that was at its end before its kill is replaced by the next."""
    same = ["--seed", "0", "--concurrency", "8", "--quiet", "--force"]
    return ["--model", "m", "--base-url", url, *same]


def run(words: Sequence[str]) -> None:
    """Runs a command of prefdata to its end."""
    subprocess.run([sys.executable, "-m", "prefdata", *words], check=True)


def content_of(out: Path) -> dict[str, bytes]:
    """Every file of an output."""
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def killed_and_whole(
    words: Callable[[str, Path], Sequence[str]], place: Path, kills: int, seed: int
) -> dict[str, object]:
    """Kills so many runs, finishes, and compares. `words`: the command line, by the address of the
    server and the output; what it says of the address must not come into the output."""
    draw = random.Random(seed)
    out, whole = place / "out", place / "whole"
    died = 0
    with FaultProcess("--faults", "0.05", "--delay", "0.05") as server:
        for _ in range(kills):
            died += _killed_once(words(server.url, out), out, draw)
        run(words(server.url, out))
        told = server.told()
    with FaultProcess("--faults", "0.05") as server:
        run(words(server.url, whole))
    return {
        "killed": died,
        "same": content_of(out) == content_of(whole),
        "asked twice": sum(times > 1 for times in told["answered"].values()),
        "answered": len(told["answered"]),
    }


def _killed_once(words: Sequence[str], out: Path, draw: random.Random) -> bool:
    """Starts the command, and kills it; False if it was at its end before."""
    answers = out.with_name(f"{out.name}.answers.sqlite")
    process = subprocess.Popen(
        [sys.executable, "-m", "prefdata", *words], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and not answers.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(draw.random() * _LONGEST_SECONDS)
    if process.poll() is not None:
        return False
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True
