"""Many requests to a server that fails in every way: the books balance, and nothing is paid twice.

    python -m tests.asking.faults --requests 100000 --faults 0.05

The server is a process of its own and counts what it answers. The key must occur in no file and on
no stream; memory is looked at on the way.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from prefdata.clients.server import ChatServer
from prefdata.config.asking import ServerConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.steps.asking.ask import AskTotals, Wanted, ask
from tests.asking.asked import KEY, quick, wanting
from tests.asking.fault_server import FaultProcess


@dataclass
class Ended:
    """How it ended. `memory`: MB at a tenth of the way, and at the end."""

    totals: AskTotals
    told: dict[str, Any]
    seconds: float
    cpu: float
    memory: tuple[float, float]
    faults: list[str] = field(default_factory=list)


def resident() -> float:
    """MB that this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def faulty(folder: Path, requests: int, faults: float) -> Ended:
    """Asks so many requests of a server that fails in this share of the attempts."""
    os.environ["TESTS_KEY"] = KEY
    wanted = prompts_of(requests)
    memory: list[float] = []

    def watch(step: str, done: int, total: int) -> None:
        if done >= total / 10 and not memory:
            memory.append(resident())

    with FaultProcess("--faults", str(faults), "--slow", "0.3") as server:
        config = ServerConfig(base_url=server.url, key_env="TESTS_KEY", timeout_seconds=60)
        began, cpu = time.monotonic(), time.process_time()
        with AnswerStore(folder / "answers.sqlite") as answers:
            totals = ask(wanted, ChatServer(config), answers, quick(), watch)
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        memory.append(resident())
        ended = Ended(totals, server.told(), seconds, cpu, (memory[0], memory[-1]))
    ended.faults = list(_faults(ended, folder))
    return ended


def prompts_of(requests: int) -> Callable[[], Iterator[Wanted]]:
    """One completion a prompt, without holding all prompts in memory."""
    return lambda: (each for k in range(requests) for each in wanting([f"prompt {k}"])())


def _faults(ended: Ended, folder: Path) -> Iterator[str]:
    """What should not be."""
    totals, told = ended.totals, ended.told
    if not totals.is_balanced:
        yield f"the books do not balance: {totals}"
    if totals.not_asked:
        yield f"not asked: {dict(totals.not_asked)}"
    if totals.tally["requests"] != told["requests"]:
        sent = totals.tally["requests"]
        yield f"the server met {told['requests']} requests, the client sent {sent}"
    twice = Counter(told["answered"].values())
    if set(twice) - {1}:
        yield f"answered more than once: {dict(twice)}"
    for path in folder.rglob("*"):
        if path.is_file() and KEY.encode() in path.read_bytes():
            yield f"{path.name} holds the key"


@click.command()
@click.option("--requests", default=100_000, show_default=True)
@click.option("--faults", default=0.05, show_default=True)
def main(requests: int, faults: float) -> None:
    """Ask a server that fails, and look at the books."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ended = faulty(Path(folder), requests, faults)
    totals, told = ended.totals, ended.told
    click.echo(f"faults met: {sum(told['faults'].values()):,} of {len(told['faults'])} kinds")
    click.echo(
        f"wanted {totals.wanted:,} = answered {totals.answered:,} + failed {dict(totals.failed)} + "
        f"not asked {totals.not_asked.total()}"
    )
    each, (early, late) = ended.cpu / told["requests"] * 1e6, ended.memory
    click.echo(
        f"{told['requests']:,} requests in {ended.seconds:.0f} s, {each:.0f} µs of CPU each; "
        f"{early:.0f} MB at a tenth of the way, {late:.0f} at the end"
    )
    for fault in ended.faults:
        click.echo(fault)
    raise SystemExit(bool(ended.faults))


if __name__ == "__main__":
    main()
