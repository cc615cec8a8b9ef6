"""Retrying transient failures, with growing waits and a time limit."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from prefdata.errors import UnavailableError

T = TypeVar("T")

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0

UNREACHABLE_SECONDS = 5.0
"""Patience with a service that was not reached at all, as long as nothing has answered so far."""

LEAST_SILENCE_SECONDS = 5.0
"""How long a service may be silent however little patience is left."""


@dataclass(frozen=True)
class Transient:
    """A failure that may pass: the reason, for messages, and the wait that the service asks for.

    `waited_seconds`: of silence, before it was given up on; they count as patience.
    `is_unreachable`: nobody was there to ask.
    """

    reason: str
    asked_seconds: float | None = None
    waited_seconds: float = 0.0
    is_unreachable: bool = False


Classify = Callable[[Exception], Transient | Exception]
"""Classifies an error: Transient, or the error to raise instead (possibly the same)."""


@dataclass
class Contact:
    """What is known of a service in one run, and how long it may be silent.

    `has_answered`: it did, once. Then a connection that fails is a momentary fault, and until then
    it is likelier that there is no network.
    """

    has_answered: bool = False
    _left: threading.local = field(default_factory=threading.local)

    def note_left(self, seconds: float) -> None:
        """Notes the patience that this thread has left, before each attempt."""
        self._left.seconds = seconds

    def silence(self, longest: float, patience: float) -> float:
        """Seconds that the service may be silent: what is left of `patience`, within limits."""
        left = getattr(self._left, "seconds", patience)
        return min(longest, max(left, LEAST_SILENCE_SECONDS))


def with_retries(
    call: Callable[[], T],
    *,
    what: str,
    patience: float,
    classify: Classify,
    say: Callable[[str], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    draw: Callable[[], float] = random.random,
    contact: Contact | None = None,
) -> T:
    """The result of `call`, retried while it fails transiently.

    `patience`: seconds from the first failure, so that a call that ran for an hour before it failed
    is retried as well; the silence before a failure counts. `contact`: with the service, if it is
    known; one never reached is given up on soon. `classify(error)`: Transient, or the error
    to raise. `draw`: random numbers in [0, 1), so that clients that failed together do not retry
    together. Raises UnavailableError if patience is exhausted, or the service asks for a longer
    wait than is left.
    """
    contact = contact or Contact(has_answered=True)
    failures, first_failure, left = 0, 0.0, patience
    while True:
        contact.note_left(left)
        try:
            return call()
        except Exception as error:
            failure = classify(error)
            if not isinstance(failure, Transient):
                if failure is error:
                    raise
                raise failure from error
            failures += 1
            now = clock()
            first_failure = now - failure.waited_seconds if failures == 1 else first_failure
            is_lost = failure.is_unreachable and not contact.has_answered
            spent = now - first_failure
            left = (min(patience, UNREACHABLE_SECONDS) if is_lost else patience) - spent
            wait = _wait(failures, failure, left, draw)
            if wait is None:
                raise UnavailableError(
                    _given_up(what, failure, failures, spent, left, is_lost=is_lost)
                ) from error
            left -= wait
            if say is not None:
                say(f"{what}: {failure.reason}; trying again in {_seconds(wait)}")
        sleep(wait)


def growing_wait(failures: int, draw: Callable[[], float]) -> float:
    """The seconds before the next attempt: 1, 2, 4 ... up to 60, each reduced by up to a half."""
    full = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(failures - 1, 30))
    return full * (1.0 - draw() / 2.0)


def _wait(
    failures: int, failure: Transient, left: float, draw: Callable[[], float]
) -> float | None:
    asked = failure.asked_seconds or 0.0
    if left <= 0 or asked > left:
        return None
    return min(left, max(asked, growing_wait(failures, draw)))


def _given_up(
    what: str, failure: Transient, failures: int, spent: float, left: float, *, is_lost: bool
) -> str:
    tries = "once" if failures == 1 else f"{failures} times in {_seconds(spent)}"
    asked = failure.asked_seconds
    if asked is not None and asked > max(left, 0.0):
        patience = _seconds(max(left, 0.0))
        why = f"it asks to wait {_seconds(asked)}, longer than the {patience} of patience left"
    else:
        why = "patience is used up"
    if is_lost:
        return (
            f"{what} failed: {failure.reason} (tried {tries}; nothing has answered so far, so it "
            "was not waited for any longer). Check the network, the address, and the proxy; then "
            "run the same command again."
        )
    return (
        f"{what} failed: {failure.reason} (tried {tries}; {why}). "
        "Run the same command again: it goes on where it stopped. "
        "A larger --patience waits longer."
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


_SECONDS = re.compile(r"\d+(\.\d+)?")
_WINDOW = re.compile(r";\s*r\s*=\s*(?P<left>\d+)\s*;\s*t\s*=\s*(?P<seconds>\d+)")


def asked_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The longest wait in seconds that the headers of a response ask for; None if for none.

    It reads `Retry-After` (RFC 9110, 10.2.3: seconds, or a date) and the Hub's `RateLimit`
    (draft-ietf-httpapi-ratelimit-headers: remaining requests and seconds to the next window).
    Invalid values are ignored.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    asked = (_retry_after(lower.get("retry-after", ""), now), _window(lower.get("ratelimit", "")))
    return max((seconds for seconds in asked if seconds is not None), default=None)


def _retry_after(value: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:  # "-0000" means UTC with unknown local offset
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _window(value: str) -> float | None:
    window = _WINDOW.search(value)
    if window is None or int(window["left"][:18]) > 0:
        return None
    return float(window["seconds"])
