"""Campaigns of a few items, and clients that ask their pages as a browser would."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from prefdata.config.annotation import AnnotationConfig
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import NewItem, Role
from prefdata.web.annotate.application import application
from prefdata.web.app.site import Site, site_of

HIDDEN = re.compile(r'name="csrf" value="([^"]+)"')


def new_items(texts: list[str], *, sides: int = 2, **given: Any) -> Iterator[NewItem]:
    """An item for each text, which stands in its prompt and in all of its completions."""
    for number, text in enumerate(texts):
        yield NewItem(
            prompt=[{"role": "user", "content": f"{number}: {text}"}],
            completions=[
                {
                    "messages": [{"role": "assistant", "content": f"{text} ({side})"}],
                    "model": f"secret-model-{side}",
                }
                for side in range(sides)
            ],
            source="a.jsonl",
            line=number + 1,
            **given,
        )


def new_campaign(path: Path, texts: list[str] | None = None, **knobs: Any) -> Campaign:
    """A campaign that asks for one vote an item."""
    config = AnnotationConfig.model_validate({"repeats": 0, "overlap": {"share": 0}, **knobs})
    sides = 2 if config.kind == "pairwise" else 4
    words = [f"text {number}" for number in range(20)] if texts is None else texts
    return Campaign.create(path, config, new_items(words, sides=sides))


@dataclass
class Client:
    """Somebody with a browser: it keeps cookies, and sends what a page of ours would."""

    app: Any
    site: Site
    address: str = "192.0.2.1"
    csrf: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, *, headers: dict[str, Any] | None = None, **sent: Any
    ) -> httpx2.Response:
        """An answer to one request, with usual headers where no others are given."""
        usual = {"cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if method == "POST":
            usual |= {"origin": self.site.origin, "x-csrf-token": self.csrf}
        all_headers = {**usual, **(headers or {})}
        return asyncio.run(self._asked(method, path, all_headers, sent))

    async def _asked(
        self, method: str, path: str, headers: dict[str, Any], sent: dict[str, Any]
    ) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app, client=(self.address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url=self.site.origin) as client:
            response = await client.request(method, path, headers=headers, **sent)
        for each in response.headers.get_list("set-cookie"):
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return response

    def get(self, path: str, **sent: Any) -> httpx2.Response:
        return self.ask("GET", self.site.prefix + path, **sent)

    def post(self, path: str, what: object = None, **sent: Any) -> httpx2.Response:
        return self.ask("POST", self.site.prefix + path, json=what, **sent)

    def join(self, token: str, name: str = "Ann", language: str = "en") -> httpx2.Response:
        """Joins by the page of an invitation, and learns the token that posts need."""
        page = self.get(f"/join/{token}")
        fields = {"name": name, "language": language, "csrf": HIDDEN.search(page.text)[1]}  # type: ignore[index]
        joined = self.ask("POST", f"{self.site.prefix}/join/{token}", data=fields)
        self.csrf = self.get("/api/me").json()["csrf"]
        return joined


@dataclass
class Served:
    """A campaign, its application, and whoever comes to it."""

    campaign: Campaign
    site: Site
    app: Any

    def stranger(self, address: str = "192.0.2.1") -> Client:
        return Client(self.app, self.site, address)

    def somebody(self, role: Role = "annotator", name: str = "Ann") -> Client:
        """Somebody who has joined."""
        client = self.stranger()
        client.join(self.campaign.invite(role).token, name)
        return client


def served(campaign: Campaign, public_url: str | None = None) -> Served:
    """A campaign and its application, without a socket."""
    site = site_of(str(campaign.path), host="127.0.0.1", port=8000, public_url=public_url)
    return Served(campaign, site, application(campaign, site))


def vote(item: int, choice: int | str = 2, **given: Any) -> dict[str, Any]:
    """A vote as a page sends it."""
    return {"request": str(uuid4()), "item": item, "answer": {"choice": choice}, **given}


def first_item(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/next?count=1").json()["items"][0]
    return found
