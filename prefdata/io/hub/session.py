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
from typing import Any

from prefdata.errors import RefusedError
from prefdata.io.hub.words import clean_message
from prefdata.io.targets.retry import Contact, Transient, asked_seconds
from prefdata.network import (
    bound_silence,
    http_library,
    json_or,
    not_of_a_hub,
    sent_by,
    start_of_answer,
    why_unreachable,
)

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 300.0
"""How long a server may be silent at most: a commit of many files takes it minutes."""

_LATER = (408, 425, 429)
_NEVER = (501, 505)
_ALONE = threading.RLock()


class Unanswered(Exception):  # noqa: N818 - never reaches a caller: it is retried, or converted
    """A request that may be repeated: `Unanswered(transient)`."""

    @property
    def transient(self) -> Transient:
        transient: Transient = self.args[0]
        return transient


@contextmanager
def hub_session(say: Callable[[str], None], contact: Contact, patience: float) -> Iterator[None]:
    """A context in which requests fail at once, and `say` receives the warnings of the Hub.

    `contact` notes whether the Hub answers; it may be silent for what is left of `patience`. Only
    one at a time, since the client of huggingface_hub is global to the process.
    """
    with _ALONE, _quiet(say), sent_by(partial(_send, contact, patience)):
        yield


def _send(
    contact: Contact, patience: float, plain: Callable[..., Any], request: Any, **options: Any
) -> Any:
    silence = contact.silence(SILENCE_SECONDS, patience)
    bound_silence(request, silence, min(silence, CONNECT_SECONDS))
    request.extensions = {**request.extensions, "trace": note_connection}
    asked = request.url.host
    try:
        response = plain(request, **options)
    except http_library().TransportError as error:
        # its message may contain a header with the token
        raise cut_off(error, asked, silence) from None
    contact.has_answered = True
    if _is_later(response.status_code):
        raise _turned_away(response)
    _last.answer = response
    return json_or(response, lambda answer: not_a_hub(start_of_answer(answer, asked)))


_last = threading.local()


def last_answer() -> str:
    """How the last answer to this thread begins, for messages; "" if there was none."""
    response = getattr(_last, "answer", None)
    if response is None or not response.is_stream_consumed:
        return ""
    return clean_message(start_of_answer(response, response.request.url.host))


def not_a_hub(answer: str) -> RefusedError:
    return RefusedError(not_of_a_hub(clean_message(answer)))


def _is_later(status: int) -> bool:
    return status in _LATER or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NEVER)


def cut_off(error: Exception, host: str, silence: float) -> Exception:
    """The error for a failure of the transport: Unanswered, or RefusedError if it is permanent.

    `silence`: the seconds for which the host might be silent.
    """
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
    if isinstance(error, http.ConnectTimeout):
        waited = min(silence, CONNECT_SECONDS)
        reason = f"no connection to {host}: nothing came back for {waited:.0f} s"
        return Unanswered(Transient(reason, waited_seconds=waited, is_unreachable=True))
    if isinstance(error, http.ConnectError | http.ProxyError):
        why = why_unreachable(error) or clean_message(str(error)) or type(error).__name__
        return Unanswered(Transient(f"no connection to {host}: {why}", is_unreachable=True))
    if isinstance(error, http.TimeoutException):
        reason = f"{host} said nothing for {silence:.0f} s"
        return Unanswered(Transient(reason, waited_seconds=silence))
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
