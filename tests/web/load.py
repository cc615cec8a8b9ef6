"""Fifty annotators at once: how long saving and the next item take, and what the server needs.

    python -m tests.web.load --items 20000 --before 90000 --votes 10000

Each annotator votes, asks for the next item, and thinks. Votes before are written by the campaign
itself; the rest come over loopback. Latency is that of the client, which shares the machine.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from prefdata.config.annotation import AnnotationConfig
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import ImportedVote, NewItem, VoteAnswer
from tests.web.kills import cookie_of
from tests.web.real_server import RealServer
from tests.web.served import vote

_PLAIN = """the answer depends on what was asked and whether it can be true when somebody reads it
more than once or how another person would say the same in other words"""
_WORDS = (*_PLAIN.split(), "**doubt**", "`code`")


def texts(draw: random.Random, items: int) -> Iterator[NewItem]:
    """Items of some hundred words a completion, with Markdown, no two alike."""
    for number in range(items):
        sides = [
            "\n\n".join(
                f"{k}. " + " ".join(draw.choices(_WORDS, k=60)) for k in range(draw.randint(1, 6))
            )
            for _ in range(2)
        ]
        yield NewItem(
            prompt=[{"role": "user", "content": f"Question {number}: what is right?"}],
            completions=[{"messages": [{"role": "assistant", "content": each}]} for each in sides],
            key=f"k{number}",
        )


def prepared(path: Path, items: int, before: int, seed: int) -> None:
    """A campaign that wants five votes an item, and has some."""
    draw = random.Random(seed)
    config = AnnotationConfig(votes=6, repeats=0.05, third=False)
    campaign = Campaign.create(path, config, texts(draw, items))
    campaign.import_votes(
        ImportedVote(
            f"k{k % items}",
            f"judge {k // items}",
            VoteAnswer(choice=draw.randint(1, 7)),
            at=1e9 + k,
        )
        for k in range(before)
    )
    campaign.close()


@dataclass
class Line:
    """A kept connection to the server, with as little work as can be: the cores are shared."""

    port: int
    headers: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def close(self) -> None:
        """Ends the connection."""
        if self.writer is not None:
            self.writer.close()
            await self.writer.wait_closed()

    async def ask(self, method: str, path: str, what: Any = None) -> Any:
        """An answer; asserts that it is good."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self.reader is not None
        body = b"" if what is None else json.dumps(what).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{self.headers}"
        self.writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        got = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        content = await self.reader.readexactly(int(got.partition("content-length:")[2].split()[0]))
        assert got.startswith("http/1.1 200"), content
        return json.loads(content)


@dataclass
class Measured:
    """Seconds that answers took."""

    saving: list[float] = field(default_factory=list)
    following: list[float] = field(default_factory=list)


async def annotate(
    line: Line, draw: random.Random, votes: int, measured: Measured, think: float
) -> None:
    """Votes so often, a little later than the item came."""
    for _ in range(votes):
        began = time.perf_counter()
        found = await line.ask("GET", "/api/next?count=1")
        measured.following.append(time.perf_counter() - began)
        if not found["items"]:
            return
        await asyncio.sleep(draw.uniform(2 / 3, 4 / 3) * think)
        sent = vote(found["items"][0]["id"], draw.randint(1, 7), active_ms=70, request=str(uuid4()))
        began = time.perf_counter()
        await line.ask("POST", "/api/vote", sent)
        measured.saving.append(time.perf_counter() - began)


async def crowd(
    project: Path, port: int, annotators: int, votes: int, *, seed: int, think: float = 0.075
) -> Measured:
    """All annotators at once."""
    campaign = Campaign.open(project)
    token = campaign.invite().token
    joined = [campaign.join(token, f"Annotator {k}") for k in range(annotators)]
    campaign.close()
    cookie, measured = cookie_of(project, port), Measured()
    lines = [
        Line(port, f"cookie: {cookie}={j.session}\r\nx-csrf-token: {j.csrf}\r\n") for j in joined
    ]
    each = votes // annotators
    await asyncio.gather(
        *(
            annotate(line, random.Random(seed + k), each, measured, think)
            for k, line in enumerate(lines)
        )
    )
    for line in lines:
        await line.close()
    return measured


def milliseconds(seconds: list[float]) -> str:
    """Median, the 95th of a hundred, and the longest."""
    ordered = sorted(seconds)
    shown = (ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)], ordered[-1])
    return "median {:.1f}, p95 {:.1f}, longest {:.0f} ms".format(*(1000 * each for each in shown))


@click.command()
@click.option("--annotators", default=50, show_default=True)
@click.option("--items", default=20_000, show_default=True)
@click.option("--before", default=90_000, show_default=True)
@click.option("--votes", default=10_000, show_default=True)
@click.option("--think", default=0.25, show_default=True, help="Seconds before a vote.")
@click.option("--seed", default=0, show_default=True)
@click.option("--project", type=click.Path(path_type=Path), help="Keep it here, or take it again.")
def main(
    annotators: int,
    items: int,
    before: int,
    votes: int,
    think: float,
    seed: int,
    project: Path | None,
) -> None:
    """Load a server, and say how it fared."""
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        path = project or Path(folder, "project.sqlite")
        if not path.exists():
            began = time.monotonic()
            prepared(path, items, before, seed)
            click.echo(f"prepared in {time.monotonic() - began:.0f} s", err=True)
        with RealServer(path) as server:
            used, began = server.cpu_seconds(), time.monotonic()
            measured = asyncio.run(
                crowd(path, server.port, annotators, votes, seed=seed, think=think)
            )
            spent, wall = server.cpu_seconds() - used, time.monotonic() - began
            requests = len(measured.saving) + len(measured.following)
            click.echo(f"saving: {milliseconds(measured.saving)}")
            click.echo(f"next item: {milliseconds(measured.following)}")
            click.echo(f"{requests / wall:.0f} requests a second, {wall:.0f} s")
            click.echo(f"server: {1000 * spent / requests:.2f} ms of a processor a request")
            click.echo(f"server: {server.most_memory() / 2**20:.0f} MiB of memory at most")


if __name__ == "__main__":
    main()
