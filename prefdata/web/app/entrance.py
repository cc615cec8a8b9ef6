"""The one way in: host, prefix and origin are checked, headers added, errors told and logged."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prefdata.errors import PrefdataError
from prefdata.foreign_errors import our_error_for
from prefdata.web.app.policy import with_policy
from prefdata.web.app.refusal import Refusal, language_of
from prefdata.web.app.site import Site

log = logging.getLogger("prefdata.web")

_KNOWN_CHARACTERS = 20
"""Parts of a path that are longer may be a token that somebody put in a wrong place."""

ErrorPage = Callable[[int, str, str], str]
"""Status, sentence and language to a page."""


@dataclass(frozen=True)
class Entrance:
    """An ASGI application around another one."""

    app: ASGIApp
    site: Site
    error_page: ErrorPage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _lifespan(receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 0

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = with_policy([*message["headers"]])
            await send(message)

        try:
            self._let_in(scope)
            await self.app(scope, receive, with_headers)
        except Exception as error:  # noqa: BLE001  whatever it is, it is told and logged
            refusal = _refusal_for(error)
            if status == 0:
                await self._refused(scope, refusal)(scope, receive, with_headers)
        finally:
            if log.isEnabledFor(logging.INFO):
                spent = 1000 * (time.perf_counter() - began)
                log.info("%s %s %d %.0f ms", scope["method"], masked(scope["path"]), status, spent)

    def _let_in(self, scope: Scope) -> None:
        """Raises Refusal for a host or an origin that is not ours; takes the prefix off."""
        found: dict[bytes, str] = {}
        hosts = 0
        for name, value in scope["headers"]:
            hosts += name == b"host"
            if name in (b"host", b"origin", b"sec-fetch-site", b"accept-language"):
                found[name] = value.decode("latin-1")
        scope["language"] = language_of(found.get(b"accept-language", ""))
        scope["app"] = self  # the router tells by it that errors are answered here
        if hosts != 1 or not self.site.answers_to(found[b"host"]):
            raise Refusal(421, "host")
        path, prefix = scope["path"], self.site.prefix
        # a proxy may take the prefix off or leave it
        if prefix and path != prefix and not path.startswith(f"{prefix}/"):
            scope["path"] = prefix + path
        scope["root_path"] = prefix
        if scope["method"] not in ("GET", "HEAD"):
            self._refuse_stranger(found)

    def _refuse_stranger(self, headers: dict[bytes, str]) -> None:
        """A page of another site cannot hide where it comes from; "null" is decided by a token."""
        origin = headers.get(b"origin", "null")
        if origin != "null" and not self.site.is_own(origin, headers[b"host"]):
            raise Refusal(403, "origin")
        if headers.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refusal(403, "origin")

    def _refused(self, scope: Scope, refusal: Refusal) -> Response:
        said = refusal.sentence(scope["language"])
        headers = {}
        if "seconds" in refusal.values:
            headers["retry-after"] = str(refusal.values["seconds"])
        if scope["path"].startswith(f"{self.site.prefix}/api/"):
            answer: dict[str, object] = {"error": said, "code": refusal.code}
            if refusal.status == 503:
                answer["retry"] = True
            body = msgspec.json.encode(answer)
            return Response(body, refusal.status, headers, "application/json")
        try:
            page = self.error_page(refusal.status, said, scope["language"])
        except Exception as error:  # noqa: BLE001  the sentence is told without its page
            log.error("the page of an error failed: %s", type(error).__name__)
            return PlainTextResponse(said, refusal.status, headers)
        return HTMLResponse(page, refusal.status, headers)


def _refusal_for(error: Exception) -> Refusal:
    """What is said of an error; what nobody expected is logged, without what requests hold."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        return Refusal(error.status_code, "method" if error.status_code == 405 else "not-found")
    ours = error if isinstance(error, PrefdataError) else our_error_for(error)
    if ours is not None:
        log.warning("%s: %s", type(ours).__name__, ours)
        return Refusal(503, "unsaved")
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("a request failed: %s\n%s", type(error).__name__, places)
    return Refusal(500, "broken")


def masked(path: str) -> str:
    """A path without what may be a token, and without what drives a terminal."""
    parts = path[:500].split("/")
    shown = []
    for place, part in enumerate(parts):
        secret = len(part) > _KNOWN_CHARACTERS or (place and parts[place - 1].lower() == "join")
        shown.append("***" if secret else part)
    return "/".join(shown).encode("ascii", "backslashreplace").decode().translate(_CONTROL)


_CONTROL = dict.fromkeys([*range(32), 127], "?")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
