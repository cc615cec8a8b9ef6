"""How a request comes to a campaign: who asks, by which token, and what is said of errors."""

from __future__ import annotations

import asyncio
import gzip
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prefdata.errors import (
    AbsentError,
    CampaignError,
    GoneError,
    NotYoursError,
    SignedOutError,
    UnsavedError,
)
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import SignedIn
from prefdata.web.app.attempts import Attempts
from prefdata.web.app.bodies import JSON_BYTES, decoded, read_body
from prefdata.web.app.cookies import SESSION, cookie_value
from prefdata.web.app.markdown import Rendered
from prefdata.web.app.pages import Pages
from prefdata.web.app.refusal import Refusal
from prefdata.web.app.site import Site

T = TypeVar("T")

_THREADS = 32
"""Threads that wait for the disk: what they write meanwhile is written together."""

_PACKED_BYTES = 4 << 10
"""Answers larger than this are compressed, for those on a slow line."""

_LARGEST_NUMBER = 2**63 - 1

Number = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_NUMBER)]
"""The number of a thing in a campaign."""

_STATUSES: dict[type[Exception], int] = {
    SignedOutError: 401,
    NotYoursError: 403,
    AbsentError: 404,
    GoneError: 409,
    CampaignError: 422,
    UnsavedError: 503,
}
"""The status of an answer to an error of a campaign: that of its nearest kind."""


@dataclass(frozen=True)
class Open:
    """What every request works with."""

    campaign: Campaign
    site: Site
    pages: Pages
    project: msgspec.Raw
    """What is asked, in JSON."""
    rendered: Rendered = field(default_factory=Rendered)
    joins: Attempts = field(default_factory=lambda: Attempts(at_once=60, each_minute=60))
    wrong_links: Attempts = field(default_factory=lambda: Attempts(at_once=10, each_minute=6))
    wrong_sessions: Attempts = field(default_factory=lambda: Attempts(at_once=60, each_minute=30))
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="door")
    )


@dataclass(frozen=True)
class Call:
    """One request of somebody who is signed in."""

    open: Open
    request: Request
    signed: SignedIn
    body: bytes = b""

    @property
    def campaign(self) -> Campaign:
        return self.open.campaign

    @property
    def person(self) -> int:
        """The number of whoever asks."""
        return self.signed.person.id

    def read(self, decoder: msgspec.json.Decoder[T]) -> T:
        """What the body says. Raises Refusal if it is not of the form."""
        return decoded(self.body, decoder)

    def number(self, name: str) -> int | None:
        """A whole number of the query; None without one. Raises Refusal if it is none."""
        said = self.request.query_params.get(name)
        return None if said in (None, "") else whole(str(said))

    def place(self) -> int:
        """The number in the path. Raises Refusal if it is none."""
        return whole(self.request.path_params["number"])

    def say(self, what: object) -> Response:
        """An answer in JSON, compressed if it is long and the browser knows how."""
        body = msgspec.json.encode(what)
        headers = {}
        if len(body) > _PACKED_BYTES and accepts_gzip(self.request):
            body = gzip.compress(body, 1, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(body, headers=headers, media_type="application/json")


def whole(text: str) -> int:
    """A whole number from 0. Raises Refusal for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST_NUMBER):
        raise Refusal(422, "not-json", detail=f"{text[:40]!r} is not a whole number from 0")
    return int(text)


def accepts_gzip(request: Request) -> bool:
    """Whether whoever asks can read what is compressed."""
    return "gzip" in request.headers.get("accept-encoding", "")


def address_of(request: Request) -> str:
    """Where a request comes from, as far as it can be known."""
    return request.client.host if request.client else ""


def signed_in(opened: Open, request: Request) -> SignedIn:
    """Whose session a request belongs to.

    Raises:
        Refusal: nobody's, or too many wrong ones came from there.
    """
    secret = cookie_value(opened.site, SESSION, request.cookies)
    if not secret:
        raise Refusal(401, "signed-out")
    try:
        signed = opened.campaign.session(secret)
    except SignedOutError:
        address = address_of(request)
        if seconds := opened.wrong_sessions.seconds_to_wait(address):
            raise Refusal(429, "too-many", seconds=seconds) from None
        opened.wrong_sessions.took(address)
        raise Refusal(401, "signed-out") from None
    request.scope["language"] = signed.person.language or request.scope["language"]
    return signed


Answer = Callable[[Call], Response]


def door(
    opened: Open, path: str, answer: Answer, *, post: bool = False, lead: bool = False
) -> Route:
    """A route to a function that answers whoever is signed in.

    What is posted needs the session's token in the header X-CSRF-Token, which no page of another
    site can send. `lead`: whether it is for the lead alone.
    """

    async def endpoint(request: Request) -> Response:
        body = await read_body(request, JSON_BYTES) if post else b""
        return await in_thread(opened, lambda: _answered(request, body))

    def _answered(request: Request, body: bytes) -> Response:
        signed = signed_in(opened, request)
        token = request.headers.get("x-csrf-token", "")
        if post and not hmac.compare_digest(token.encode(), signed.csrf.encode()):
            raise Refusal(403, "csrf")
        if lead and signed.person.role != "lead":
            raise Refusal(403, "lead-only")
        return answer(Call(opened, request, signed, body))

    return Route(path, endpoint, methods=["POST" if post else "GET"])


async def in_thread(opened: Open, call: Callable[[], T]) -> T:
    """What a call returns, made in a thread; errors of campaigns become refusals.

    Raises:
        Refusal: the campaign refuses, or cannot be written now.
    """
    try:
        return await asyncio.get_running_loop().run_in_executor(opened.threads, call)
    except (CampaignError, UnsavedError) as error:
        status = next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
        raise Refusal(status, error.code, detail=str(error)) from error


def plain(struct: msgspec.Struct, *without: str) -> dict[str, Any]:
    """The fields of a struct by name, some left out."""
    return {name: getattr(struct, name) for name in struct.__struct_fields__ if name not in without}
