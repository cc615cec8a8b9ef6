"""The HTTP session of huggingface_hub while prefdata publishes: no retries of its own, no output.

The client library retries some requests itself, waits as long as a server asks, and has no time-out
for most. Here its HTTP client fails at once if a response means *later* or there is none; waiting
and giving up is decided in one place (`io.targets.retry`).
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from importlib import import_module
from typing import Any

from prefdata.errors import RefusedError
from prefdata.io.hub.words import clean_message
from prefdata.io.targets.retry import Transient, asked_seconds

CONNECT_SECONDS = 30.0
SILENCE_SECONDS = 300.0
"""How long a server may be silent: a commit of many files takes it minutes."""

_LATER = (408, 425, 429)
_NEVER = (501, 505)
_ALONE = threading.RLock()


class Unanswered(Exception):  # noqa: N818 - never reaches a caller: it is retried, or converted
    """A request that may be repeated: `Unanswered(transient)`."""

    @property
    def transient(self) -> Transient:
        transient: Transient = self.args[0]
        return transient


def http_library() -> Any:
    """httpx or its successor httpx2, whichever huggingface_hub uses."""
    from huggingface_hub.errors import HfHubHTTPError

    base = HfHubHTTPError.__mro__[1]
    return import_module(base.__module__.partition(".")[0])


@contextmanager
def hub_session(say: Callable[[str], None]) -> Iterator[None]:
    """A context in which requests fail at once, and `say` receives the warnings of the Hub.

    Only one at a time, since the client of huggingface_hub is global to the process.
    """
    with _ALONE, _quiet(say), _direct():
        yield


@contextmanager
def _direct() -> Iterator[None]:
    from huggingface_hub import get_session

    client = get_session()
    before = client.__dict__.get("send")
    client.__dict__["send"] = partial(_send, client.send)
    try:
        yield
    finally:
        del client.__dict__["send"]
        if before is not None:
            client.__dict__["send"] = before


def _send(plain: Callable[..., Any], request: Any, **options: Any) -> Any:
    http = http_library()
    limit = http.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS).as_dict()
    asked = request.extensions.get("timeout") or {}
    known = {name: seconds for name, seconds in asked.items() if seconds is not None}
    request.extensions = {
        **request.extensions,
        "timeout": {**limit, **known},
        "trace": note_connection,
    }
    try:
        response = plain(request, **options)
    except http.TransportError as error:
        raise cut_off(
            error, request.url.host
        ) from None  # its message may contain a header with the token
    if _is_later(response.status_code):
        raise _turned_away(response)
    return response


def _is_later(status: int) -> bool:
    return status in _LATER or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NEVER)


def cut_off(error: Exception, host: str) -> Exception:
    """The error for a failure of the transport: Unanswered, or RefusedError if it is permanent."""
    http = http_library()
    if isinstance(error, http.UnsupportedProtocol):
        return RefusedError("HF_ENDPOINT is no address that starts with http:// or https://")
    if isinstance(error, http.LocalProtocolError):
        return odd_token()
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return RefusedError(
            f"the certificate of {host} is not trusted here: check the clock, the proxy and "
            "SSL_CERT_FILE"
        )
    if isinstance(error, http.ConnectTimeout | http.ConnectError):
        return Unanswered(Transient(f"no connection to {host}"))
    if isinstance(error, http.TimeoutException):
        return Unanswered(Transient(f"{host} said nothing for {SILENCE_SECONDS:.0f} s"))
    return Unanswered(Transient(f"the connection to {host} was cut ({type(error).__name__})"))


def odd_token() -> RefusedError:
    return RefusedError(
        "the request cannot be sent: does the token (HF_TOKEN, `hf auth login`) hold a character "
        "that no token has?"
    )


def _turned_away(response: Any) -> Unanswered:
    status = response.status_code
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "?"
    words = _words(response)
    response.close()
    reason = f"{response.request.url.host} answered {status} {phrase}" + (words and f": {words}")
    return Unanswered(Transient(reason, asked_seconds(response.headers, datetime.now(UTC))))


def _words(response: Any) -> str:
    message = response.headers.get("X-Error-Message", "")
    if not message and response.is_stream_consumed and len(response.content) < 1 << 16:
        try:
            body = json.loads(response.content)
        except ValueError:
            return ""
        message = body.get("error", "") if isinstance(body, dict) else ""
    return clean_message(str(message))


@contextmanager
def _quiet(say: Callable[[str], None]) -> Iterator[None]:
    with _without_bars(), _warnings_to(say), _log_to(say):
        yield


@contextmanager
def _without_bars() -> Iterator[None]:
    from huggingface_hub import constants
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    has_bars = constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not are_progress_bars_disabled()
    if has_bars:
        disable_progress_bars()
    try:
        yield
    finally:
        if has_bars:
            enable_progress_bars()


@contextmanager
def _warnings_to(say: Callable[[str], None]) -> Iterator[None]:
    """Passes each warning for users to `say` once; deprecation warnings are ignored."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            for text in dict.fromkeys(clean_message(str(warning.message)) for warning in caught):
                say(text)


@contextmanager
def _log_to(say: Callable[[str], None]) -> Iterator[None]:
    """Passes the log of huggingface_hub to `say`, unless the user has configured it."""
    handlers = logging.getLogger("huggingface_hub").handlers
    taken = [] if os.environ.get("HF_HUB_VERBOSITY") else list(handlers)

    def say_warnings(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            say(clean_message(record.getMessage()))
        return False

    for handler in taken:
        handler.addFilter(say_warnings)
    try:
        yield
    finally:
        for handler in taken:
            handler.removeFilter(say_warnings)


_MADE = (".connect_tcp.complete", ".start_tls.complete")
_open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
_lock = threading.Lock()


def note_connection(event: str, values: Mapping[str, Any]) -> None:
    """A callback for the HTTP library's `trace` extension: records new connections."""
    if event.endswith(_MADE):
        made = values["return_value"].get_extra_info("socket")
        if isinstance(made, socket.socket):
            with _lock:
                _open.add(made)


def cut_connections() -> None:
    """Shuts down all connections, so that threads that read or write on them get an error.

    Closing is not enough: a thread that waits for bytes would continue to wait.
    """
    with _lock:
        kept = tuple(_open)
    for one in kept:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
