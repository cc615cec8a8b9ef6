"""Asking a server that answers at once: requests a second, and CPU time of the client a request.

    python benchmarks/asking.py --requests 10000 --turns 3

The contenders take turns at the same server, each in a process of its own: `ask` as collect and
judge use it (limits, retries, every answer read with care and stored in SQLite), beside plain loops
of aiohttp and of httpx2, which send the same bodies over kept connections and parse what comes. The
server is that of the tests, in a process beside; CPU is that of the client alone, its imports left
out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from prefdata.clients.completions import body_of
from prefdata.clients.server import ChatServer
from prefdata.config.asking import LimitsConfig, ServerConfig
from prefdata.io.answers.answers import AnswerStore
from prefdata.records.chat import ChatRequest, parameters_text
from prefdata.records.record import user
from prefdata.steps.asking.ask import Wanted, ask
from prefdata.steps.progress import silent

AT_ONCE = 64
COMPLETIONS = 4


def requests(count: int) -> Iterator[ChatRequest]:
    """Prompts of some fifty words."""
    parameters = parameters_text({"temperature": 0.7, "max_tokens": 200, "seed": 0})
    for number in range(count):
        yield ChatRequest("m", (user(f"Question {number}: " + "why is it so? " * 12),), parameters)


def by_ask(url: str, count: int) -> None:
    """prefdata, with its store."""
    with tempfile.TemporaryDirectory() as folder, AnswerStore(Path(folder, "a.sqlite")) as answers:
        totals = ask(
            lambda: (Wanted(request, COMPLETIONS) for request in requests(count)),
            ChatServer(ServerConfig(base_url=url)),
            answers,
            LimitsConfig(concurrency=AT_ONCE),
            silent,
        )
    assert totals.answered == COMPLETIONS * count


def by_aiohttp(url: str, count: int) -> None:
    """A plain loop of aiohttp: the floor."""
    import aiohttp

    async def work(session: aiohttp.ClientSession, left: Iterator[ChatRequest]) -> None:
        for request in left:
            body = body_of(request, 0, COMPLETIONS)
            async with session.post(f"{url}/chat/completions", data=body) as response:
                assert len(json.loads(await response.read())["choices"]) == COMPLETIONS

    async def run() -> None:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            left = requests(count)
            await asyncio.gather(*(work(session, left) for _ in range(AT_ONCE)))

    asyncio.run(run())


def by_httpx2(url: str, count: int) -> None:
    """A plain loop of httpx2."""
    import httpx2

    async def work(client: httpx2.AsyncClient, left: Iterator[ChatRequest]) -> None:
        for request in left:
            body = body_of(request, 0, COMPLETIONS)
            response = await client.post(f"{url}/chat/completions", content=body)
            assert len(response.json()["choices"]) == COMPLETIONS

    async def run() -> None:
        limits = httpx2.Limits(max_connections=AT_ONCE)
        async with httpx2.AsyncClient(limits=limits, timeout=60) as client:
            left = requests(count)
            await asyncio.gather(*(work(client, left) for _ in range(AT_ONCE)))

    asyncio.run(run())


CONTENDERS: dict[str, Callable[[str, int], None]] = {
    "prefdata": by_ask,
    "aiohttp": by_aiohttp,
    "httpx2": by_httpx2,
}


def measured(name: str, url: str, count: int) -> dict[str, float]:
    """Seconds, CPU seconds and peak MB of one contender, in this process."""
    CONTENDERS[name](url, 20)
    began, cpu = time.perf_counter(), time.process_time()
    CONTENDERS[name](url, count)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_its_own_process(name: str, url: str, count: int) -> dict[str, float]:
    """The same, in a process of its own."""
    command = [sys.executable, __file__, "--alone", name, "--url", url, "--requests", str(count)]
    told: dict[str, float] = json.loads(
        subprocess.run(command, check=True, capture_output=True).stdout
    )
    return told


def main() -> None:
    """Let the contenders take turns, and print what each needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--alone", choices=sorted(CONTENDERS))
    parser.add_argument("--url")
    given = parser.parse_args()
    if given.alone:
        print(json.dumps(measured(given.alone, given.url, given.requests)))
        return
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.asking.fault_server import FaultProcess

    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with FaultProcess() as server:
        for _ in range(given.turns):
            for name in CONTENDERS:
                runs[name].append(in_its_own_process(name, server.url, given.requests))
    print("| | requests/s | CPU a request | CPU beside prefdata's | peak memory |")
    print("|---|---|---|---|---|")
    for name, turns in runs.items():
        rate = statistics.median(given.requests / turn["seconds"] for turn in turns)
        cpu = statistics.median(turn["cpu"] for turn in turns) / given.requests
        beside = statistics.median(
            turn["cpu"] / ours["cpu"] for turn, ours in zip(turns, runs["prefdata"], strict=True)
        )
        print(
            f"| {name} | {rate:,.0f} | {cpu * 1e6:,.0f} µs | {beside:.2f}× "
            f"| {max(turn['mb'] for turn in turns):.0f} MB |"
        )


if __name__ == "__main__":
    main()
