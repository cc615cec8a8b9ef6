"""What the network does with a request: whether anything answers, in what time, and in what form.

The client of the Hugging Face Hub has no time limit for most requests, and takes what a login page
says for an error of its own. Here both are bounded and named, for whoever asks the Hub.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

REACH_SECONDS = 5.0
"""Timeout of the check in seconds; without it the clients of the Hub retry for a minute."""

ANSWER_SECONDS = 30.0
"""How long a server may be silent in a download; the clients try again by themselves."""

_DEEPEST = 12
_FAILURES = 3
_READ_BYTES, _SHOWN_CHARACTERS = 4096, 80
_UNREACHABLE = {
    errno.ECONNREFUSED: "it refuses the connection",
    errno.ENETUNREACH: "the network is unreachable",
    errno.ENETDOWN: "the network is down",
    errno.EHOSTUNREACH: "there is no route to it",
    errno.EHOSTDOWN: "it is down",
}
_WORDS = (
    ("name resolution", "its name cannot be resolved"),
    ("Name or service not known", "its name cannot be resolved"),
    ("nodename nor servname", "its name cannot be resolved"),
    ("getaddrinfo", "its name cannot be resolved"),
    ("Connection refused", _UNREACHABLE[errno.ECONNREFUSED]),
    ("Network is unreachable", _UNREACHABLE[errno.ENETUNREACH]),
    ("No route to host", _UNREACHABLE[errno.EHOSTUNREACH]),
)


def hub_answers() -> bool:
    """Whether the Hub answers at all, with any status; uses the proxy settings of downloads."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=REACH_SECONDS)
    except Exception:  # noqa: BLE001 - requests or httpx, whichever huggingface_hub is built on
        return False
    return True


def why_unreachable(error: BaseException) -> str | None:
    """Why a host was not reached at all: no name, no route, refused; None for other failures.

    >>> why_unreachable(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"))
    'it refuses the connection'
    """
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "its name cannot be resolved"
        if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
            return _UNREACHABLE[cause.errno]
    return next((why for words, why in _WORDS if words in str(error)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_DEEPEST):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def start_of_answer(response: Any, asked: str) -> str:
    """Who answered a request to the host `asked`, and how it begins: for what is no answer."""
    host = response.request.url.host
    who = host if host == asked else f"{host}, to which {asked} led,"
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip() or "no content type"
    return f"{who} sent {_escaped(kind)}: {_escaped(response.content[:_READ_BYTES])}"


def _escaped(content: bytes | str) -> str:
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    shown = " ".join(_without_token(text).split())[:_SHOWN_CHARACTERS]
    return ascii(shown) if shown else "nothing"


def _without_token(text: str) -> str:
    from huggingface_hub import get_token

    token = get_token()
    return text.replace(token, "<token>") if token else text


def http_library() -> Any:
    """httpx or its successor httpx2, whichever huggingface_hub uses."""
    from huggingface_hub.errors import HfHubHTTPError

    base = HfHubHTTPError.__mro__[1]
    return import_module(base.__module__.partition(".")[0])


@contextmanager
def sent_by(send: Callable[..., Any]) -> Iterator[None]:
    """A context in which `send(plain, request, **options)` sends the requests of huggingface_hub.

    `plain` sends one as the client would. The client is global to the process.
    """
    from huggingface_hub import get_session

    client = get_session()
    before = client.__dict__.get("send")
    client.__dict__["send"] = partial(send, client.send)
    try:
        yield
    finally:
        del client.__dict__["send"]
        if before is not None:
            client.__dict__["send"] = before


@contextmanager
def bounded_answers(error: type[Exception]) -> Iterator[None]:
    """A context in which downloads from the Hub end soon where it is silent, not there, or no Hub.

    Its client tries again by itself, for minutes. Here the last of `_FAILURES` requests in a row
    that nobody answers raises `error`, and so does at once what is no answer of a Hub.
    """
    with sent_by(_Bounded(error).send):
        yield


@dataclass
class _Bounded:
    """Sends requests; `failures`: those in a row that nobody has answered."""

    error: type[Exception]
    failures: int = 0

    def send(self, plain: Callable[..., Any], request: Any, **options: Any) -> Any:
        http, asked = http_library(), request.url.host
        bound_silence(request, ANSWER_SECONDS, REACH_SECONDS)
        try:
            response = plain(request, **options)
        except http.TransportError as failure:
            self.failures += 1
            if self.failures >= _FAILURES:
                raise self.error(_unanswered(failure, asked)) from failure
            if isinstance(failure, http.ConnectError):
                # upon this error the client is closed, and another one would not be bounded
                raise http.ReadError(str(failure)) from failure
            raise
        self.failures = 0
        return json_or(
            response, lambda answer: self.error(not_of_a_hub(start_of_answer(answer, asked)))
        )


def _unanswered(failure: Exception, host: str) -> str:
    if isinstance(failure, http_library().TimeoutException):
        return f"{host} says nothing. Try again later."
    why = why_unreachable(failure) or type(failure).__name__
    return f"no connection to {host}: {why}. Check the network, the address, and the proxy."


def not_of_a_hub(answer: str) -> str:
    """What to say of an answer, given how it begins, that comes in the place of the Hub's."""
    return (
        f"the answer is not that of a Hub: {answer}. Check HF_ENDPOINT, and whether a proxy or a "
        "login page stands in between."
    )


def bound_silence(request: Any, silence: float, connect: float) -> None:
    """Gives a request time limits, in seconds, where it has none or longer ones."""
    limit = http_library().Timeout(silence, connect=connect).as_dict()
    asked = request.extensions.get("timeout") or {}
    known = {name: min(value, limit[name]) for name, value in asked.items() if value is not None}
    request.extensions = {**request.extensions, "timeout": {**limit, **known}}


def json_or(response: Any, error: Callable[[Any], Exception]) -> Any:
    """The response, whose `json()` raises `error(response)` where a success holds no JSON."""
    if response.status_code >= 300:
        return response
    plain = response.json

    def checked(**options: Any) -> Any:
        try:
            return plain(**options)
        except ValueError as cause:
            raise error(response) from cause

    response.json = checked
    return response
