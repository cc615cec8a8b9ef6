"""How long an HTTP answer asks to be left alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d+(\.\d+)?")
_WINDOW = re.compile(r";\s*r\s*=\s*(?P<left>\d+)\s*;\s*t\s*=\s*(?P<seconds>\d+)")


def asked_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The longest wait that the headers of a refusal ask for, in seconds; None if for none.

    Read are `Retry-After` (RFC 9110, 10.2.3: seconds, or a date) and `RateLimit`
    (draft-ietf-httpapi-ratelimit-headers: remaining requests and seconds to the next window),
    which the Hub sends. What cannot be understood asks for nothing.
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
    if when.tzinfo is None:  # "-0000": UTC, of an unknown place
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _window(value: str) -> float | None:
    window = _WINDOW.search(value)
    if window is None or int(window["left"][:18]) > 0:
        return None
    return float(window["seconds"])
