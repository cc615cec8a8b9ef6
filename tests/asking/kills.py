"""Asking, killed again and again: nothing is asked for again once its answer was stored.

    python -m tests.asking.kills --kills 50 --seed 0

A process asks a fault server; it is killed at random moments, and another one goes on. After each
kill the store is read: of what is in it, the server must answer nothing once more. At the end all
has come, and the answers are those of a run that nobody disturbed.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from prefdata.errors import LockedError
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import ChatAnswer
from prefdata.steps.asking.ask import Wanted
from tests.asking.asked import asked_of, quick, wanting
from tests.asking.fault_server import FaultProcess, completion_name

_LONGEST_SECONDS = 0.4
"""Seconds until a kill, at most, once something new was stored."""


def wanted_of(prompts: int, count: int) -> Callable[[], Iterator[Wanted]]:
    """So many prompts, with a seed each number adds to."""
    return wanting([f"prompt {k}" for k in range(prompts)], count)


@dataclass
class Killed:
    """What was found: `stored`: how often the server had answered what was stored when it was
    looked at; `faults`: what should not be."""

    kills: int = 0
    stored: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    answered_twice: int = 0
    """Completions that came, and were lost with their process before they were stored."""


def outcomes(store: Path, prompts: int, count: int) -> dict[str, str]:
    """What a store holds, by the name that the server has for it."""
    held = {}
    with AnswerStore(store) as answers:
        for each in wanted_of(prompts, count)():
            prompt = str(each.request.messages[-1].content)
            for number, outcome in enumerate(answers.get_many(each.request.key, each.count)):
                if isinstance(outcome, ChatAnswer):
                    held[completion_name(prompt, number)] = outcome.text
                elif outcome is not None and outcome.is_final:
                    held[completion_name(prompt, number)] = outcome.reason
    return held


def killed(folder: Path, kills: int, prompts: int, count: int, seed: int) -> Killed:
    """Kills a run so often, lets it end, and compares."""
    draw, found, store = random.Random(seed), Killed(), folder / "killed.sqlite"
    options = ("--faults", "0.05", "--slow", "0.05")
    with FaultProcess(*options) as server:
        while found.kills < kills:
            process = _started(server.url, store, prompts, count)
            _wait_for_more(process, store)
            time.sleep(draw.uniform(0, _LONGEST_SECONDS))
            process.send_signal(signal.SIGKILL)
            if process.wait() == 0:
                found.faults.append(f"it was through after {found.kills} kills: ask for more")
                break
            found.kills += 1
            _compare(found, server, outcomes(store, prompts, count))
        if _started(server.url, store, prompts, count).wait() != 0:
            found.faults.append("the last run, which nobody killed, failed")
        ended = outcomes(store, prompts, count)
        _compare(found, server, ended)
        found.answered_twice = sum(n > 1 for n in server.told()["answered"].values())
    with FaultProcess(*options) as server:
        asked_of(server.url, folder / "whole.sqlite", wanted_of(prompts, count), quick())
    if outcomes(folder / "whole.sqlite", prompts, count) != ended:
        found.faults.append("the answers are others than those of an undisturbed run")
    return found


def _compare(found: Killed, server: FaultProcess, held: dict[str, str]) -> None:
    """Of what was stored before, nothing is lost, and the server answered nothing again."""
    answered = server.told()["answered"]
    for name, times in found.stored.items():
        if name not in held:
            found.faults.append(f"{name!r} was stored and is lost")
        if answered.get(name, 0) != times:
            found.faults.append(f"{name!r} was stored and asked for again")
    found.stored = {name: answered.get(name, 0) for name in held}


def _started(url: str, store: Path, prompts: int, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.asking.kills", "--ask", url, "--store", str(store)]
    return subprocess.Popen([*command, "--prompts", str(prompts), "--count", str(count)])


def _wait_for_more(process: subprocess.Popen[bytes], store: Path) -> None:
    """Waits until a run has written something beside the store."""
    beside = store.with_name(store.name + "-wal")
    while process.poll() is None and not (beside.exists() and beside.stat().st_size):
        time.sleep(0.01)


@click.command()
@click.option("--kills", default=50, show_default=True)
@click.option("--prompts", default=20_000, show_default=True)
@click.option("--count", default=2, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--ask", "url", help="Ask this server, to be killed.")
@click.option("--store", type=click.Path(path_type=Path))
def main(
    kills: int, prompts: int, count: int, seed: int, url: str | None, store: Path | None
) -> None:
    """Kill a run that asks, and compare what is stored with what was asked."""
    if url is not None and store is not None:
        try:
            asked_of(url, store, wanted_of(prompts, count), quick())
        except LockedError as error:
            raise SystemExit(str(error)) from error
        return
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        found = killed(Path(folder), kills, prompts, count, seed)
    for fault in found.faults[:20]:
        click.echo(fault)
    click.echo(
        f"{found.kills} kills, {len(found.stored):,} of {prompts * count:,} completions settled, "
        f"{len(found.faults)} faults; {found.answered_twice} came twice, whose process was killed "
        f"before they were stored; {time.monotonic() - began:.0f} s"
    )
    raise SystemExit(bool(found.faults))


if __name__ == "__main__":
    main()
