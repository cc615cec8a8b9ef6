"""`prefdata collect`, killed again and again at random moments, ends as a run undisturbed does.

    python -m tests.collect.collect_kills --kills 50 --seed 0

The command asks a fault server in a process of its own; a twentieth of the attempts meet a fault.
After the kills it is run to its end, and again from nothing, and both outputs are compared.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.asking.fault_server import FaultProcess

_LONGEST_SECONDS = 2.5
"""Seconds until a kill, at most, once the file of answers is there."""


def command(url: str, source: Path, out: Path) -> list[str]:
    """The command line: some hundred requests, which a server that delays takes seconds for."""
    words = ["collect", str(source), "--out", str(out), "--model", "m", "--n", "4", "--quiet"]
    words += ["--base-url", url, "--seed", "0", "--concurrency", "8", "--temperature", "0.7"]
    return [sys.executable, "-m", "prefdata", *words]


def content_of(out: Path) -> dict[str, bytes]:
    """Every file of an output."""
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def killed(place: Path, kills: int, seed: int, prompts: int) -> dict[str, object]:
    """Kills so many runs, finishes, and compares; returns what is to be told of it."""
    draw = random.Random(seed)
    source = place / "prompts.jsonl"
    rows = ({"prompt": f"Question {n}, 问题 {n}?"} for n in range(prompts))
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out, whole = place / "out", place / "whole"
    died = 0
    with FaultProcess("--faults", "0.05", "--delay", "0.05") as server:
        for _ in range(kills):
            died += _killed_once(command(server.url, source, out), out, draw)
        subprocess.run(command(server.url, source, out), check=True)
        told = server.told()
    with FaultProcess("--faults", "0.05") as server:
        subprocess.run(command(server.url, source, whole), check=True)
    answered = told["answered"]
    return {
        "killed": died,
        "same": content_of(out) == content_of(whole),
        "asked twice": sum(times > 1 for times in answered.values()),
        "wanted": prompts * 4,
    }


def _killed_once(words: list[str], out: Path, draw: random.Random) -> bool:
    """Starts the command, and kills it; False if it was at its end before."""
    answers = out.with_name(f"{out.name}.answers.sqlite")
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while process.poll() is None and not answers.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(draw.random() * _LONGEST_SECONDS)
    if process.poll() is not None:
        return False
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


@click.command()
@click.option("--kills", default=50, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--prompts", default=400, show_default=True)
def main(kills: int, seed: int, prompts: int) -> None:
    """Says what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        click.echo(json.dumps(killed(Path(folder), kills, seed, prompts)))


if __name__ == "__main__":
    main()
