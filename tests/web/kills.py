"""A server that is killed under load, again and again: no vote that it took is lost or doubled.

    python -m tests.web.kills --kills 100 --seed 0

Annotators vote without a pause. Whatever goes wrong, each sends the same vote, with the same
request number, until it is told that the vote is saved. After the last kill the file is read.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import httpx2

from prefdata.pipeline.annotation.campaign import Campaign
from tests.web.real_server import RealServer
from tests.web.served import new_campaign, vote

_LONGEST_SECONDS = 0.3
"""Seconds until a kill, at most, once some votes were acknowledged."""


@dataclass
class Crowd:
    """Annotators of one server, and what it has acknowledged."""

    url: str
    cookie: str
    draw: random.Random
    acknowledged: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    """Request to the number of the vote, and the answer."""
    told: Counter[str] = field(default_factory=Counter)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def at_work(self, people: list[asyncio.Task[None]], votes: int) -> None:
        """Waits until so many votes more are acknowledged."""
        wanted = len(self.acknowledged) + votes
        while len(self.acknowledged) < wanted:
            await asyncio.sleep(0.005)
            for person in people:
                if person.done():
                    person.result()

    async def annotator(self, session: str, csrf: str) -> None:
        """Votes until it is over; a vote that was sent is sent until it is saved."""
        headers = {"cookie": f"{self.cookie}={session}", "x-csrf-token": csrf}
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=10) as client:
            while not self.over.is_set():
                found = await self._asked(client, "GET", "/api/next?count=1", None)
                if not found["items"]:
                    self.told[found["state"]] += 1
                    await asyncio.sleep(0.2)
                for item in found["items"]:
                    sent = vote(item["id"], self.draw.randint(1, 7))
                    saved = await self._asked(client, "POST", "/api/vote", sent)
                    self.acknowledged[sent["request"]] = (saved["saved"], sent["answer"])

    async def _asked(
        self, client: httpx2.AsyncClient, method: str, path: str, what: Any
    ) -> dict[str, Any]:
        while True:
            try:
                response = await client.request(method, path, json=what)
            except httpx2.TransportError as error:
                self.told[type(error).__name__] += 1
                await asyncio.sleep(0.05)
                continue
            if response.status_code == 200:
                answer: dict[str, Any] = response.json()
                return answer
            self.told[f"{response.status_code} {response.text[:80]}"] += 1
            assert response.status_code == 503, response.text
            await asyncio.sleep(0.05)


async def killed_under_load(project: Path, kills: int, seed: int, *, annotators: int = 8) -> Crowd:
    """Kills the server of a campaign so often; returns the crowd."""
    draw = random.Random(seed)
    campaign = Campaign.open(project)
    token = campaign.invite().token
    joined = [campaign.join(token, f"Annotator {k}") for k in range(annotators)]
    campaign.close()
    server = RealServer(project)
    crowd = Crowd(server.url, cookie_of(project, server.port), draw)
    people = [asyncio.create_task(crowd.annotator(j.session, j.csrf)) for j in joined]
    with server:
        for number in range(kills):
            await crowd.at_work(people, draw.randint(0, 2 * annotators))
            await asyncio.sleep(draw.uniform(0, _LONGEST_SECONDS))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            if number % 10 == 9:
                saved = len(crowd.acknowledged)
                click.echo(f"{number + 1} kills, {saved} votes acknowledged", err=True)
        crowd.over.set()
        await asyncio.gather(*people)
        with suppress(ProcessLookupError):
            await asyncio.to_thread(server.kill)
    return crowd


def cookie_of(project: Path, port: int) -> str:
    """The name of the session's cookie."""
    from prefdata.web.app.cookies import SESSION, cookie_name
    from prefdata.web.app.site import site_of

    identity = str(Campaign.open(project).path)
    return cookie_name(site_of(identity, host="127.0.0.1", port=port), SESSION)


def faults_of(project: Path, crowd: Crowd) -> list[str]:
    """What the file lacks of what was acknowledged, or holds besides."""
    rows = (
        sqlite3.connect(project)
        .execute("SELECT request, seq, answer, person, lease, replaces FROM vote")
        .fetchall()
    )
    saved = {request: (seq, json.loads(answer)) for request, seq, answer, *_ in rows}
    found = []
    for request, (seq, answer) in crowd.acknowledged.items():
        if request not in saved:
            found.append(f"vote {seq} was acknowledged and is lost")
        elif saved[request] != (seq, answer):
            found.append(f"vote {seq} is another one: {saved[request]}")
    found += [f"{r}: nobody was told" for r in saved if r not in crowd.acknowledged]
    twice = Counter((person, lease) for _, _, _, person, lease, _ in rows)
    found += [
        f"person {p} judged showing {lease} twice" for (p, lease), n in twice.items() if n > 1
    ]
    return found


@click.command()
@click.option("--kills", default=100, show_default=True)
@click.option("--annotators", default=8, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(kills: int, annotators: int, seed: int) -> None:
    """Kill the server under load, and compare what it said with what is on the disk."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        project = Path(folder, "project.sqlite")
        new_campaign(project, [f"text {n}" for n in range(50_000)]).close()
        crowd = asyncio.run(killed_under_load(project, kills, seed, annotators=annotators))
        for fault in faults_of(project, crowd):
            click.echo(fault)
        for what, times in crowd.told.most_common(10):
            click.echo(f"{times:6} {what}", err=True)
        click.echo(
            f"{kills} kills, {len(crowd.acknowledged)} votes acknowledged, "
            f"{len(faults_of(project, crowd))} lost or doubled; {time.monotonic() - began:.0f} s"
        )


if __name__ == "__main__":
    main()
