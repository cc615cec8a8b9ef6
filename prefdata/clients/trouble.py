"""What it means that no completion came: ask again, give this one up, or end the run."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import msgspec

from prefdata.credentials import text_without_credentials
from prefdata.errors import PrefdataError, RefusedError, UnavailableError, UsageError
from prefdata.records.chat import FailureReason

Course = Literal["again", "busy", "final", "end"]
"""again: it may succeed later; busy: so it may, and the server is asked too much; final: it would
fail again; end: so would everything else."""

SHOWN_CHARACTERS = 300

_FILTER = re.compile(
    r"content[_ -]?(?:filter|policy|management)|moderation|responsible_?ai|flagged|safety"
    r"|data_inspection_failed|sensitive",
    re.IGNORECASE,
)
_TOO_LONG_CODES = frozenset(
    {"context_length_exceeded", "string_above_max_length", "exceed_context_size_error"}
)
_TOO_LONG = re.compile(
    r"(?:maximum|max|exceeds? the(?: available)?|model'?s?) (?:context|model|input|sequence)[ _]?"
    r"(?:length|size|len|window)|context[_ ]length|context window"
    r"|(?:prompt|input|request|messages?)\b.{0,40}\b(?:too long|longer than)"
    r"|too many tokens|max_model_len",
    re.IGNORECASE,
)
_UNPAID = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_NO_MODEL = frozenset({"model_not_found", "model_not_exist"})
_LATER = frozenset({408, 409, 425})
_BUSY = frozenset({429, 503, 504, 529})


@dataclass(frozen=True)
class Trouble:
    """`said`: for people, without credentials, one line. `reason`: where it is given up.

    `wait`: seconds that the server asks for. `error`: what ends the run.
    """

    course: Course
    said: str
    reason: FailureReason = "gave-up"
    wait: float | None = None
    error: PrefdataError | None = None


@dataclass(frozen=True)
class Complaint:
    """What an answer says of an error: `message`, and its `codes`, small letters."""

    message: str
    codes: frozenset[str]
    status: int | None = None


def one_line(text: str) -> str:
    """A text of a server as it may be shown: one line, without credentials and odd signs."""
    text = " ".join(text_without_credentials(text[: 4 * SHOWN_CHARACTERS]).split())
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def complaint_of(content: bytes) -> Complaint:
    """What the body of an answer says of an error, in any of the forms that servers use."""
    try:
        body = msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return Complaint(one_line(content[:2000].decode("utf-8", "replace")), frozenset())
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return Complaint(
            one_line(error if isinstance(error, str) else str(error)[:2000]), frozenset()
        )
    return complaint_in(error)


def complaint_in(error: dict[str, Any]) -> Complaint:
    """What an error object says."""
    message = error.get("message") or error.get("detail") or error.get("msg") or ""
    words = message if isinstance(message, str) else str(message)[:2000]
    names = [error.get("code"), error.get("type")]
    if isinstance(inner := error.get("innererror"), dict):
        names.append(inner.get("code"))
    codes = frozenset(name.lower() for name in names if isinstance(name, str))
    code = error.get("code")
    status = code if isinstance(code, int) and not isinstance(code, bool) else None
    return Complaint(one_line(words), codes, status)


def trouble_of(status: int, content: bytes, retry_after: str | None = None) -> Trouble:
    """What an answer other than 200 means."""
    return trouble_with(status, complaint_of(content), retry_after)


def trouble_with(status: int, complaint: Complaint, retry_after: str | None = None) -> Trouble:
    """What a status with a complaint means."""
    said = f"{status}: {complaint.message or 'no reason given'}"
    if status == 402 or complaint.codes & _UNPAID:
        return _end(
            RefusedError,
            f"the account has no credit left ({said}). Top it up, and run the same command again: "
            "what came is kept.",
        )
    if status in _BUSY:
        return Trouble("busy", said, wait=seconds_of(retry_after))
    if status in _LATER or status >= 500:
        return Trouble("again", said, wait=seconds_of(retry_after))
    if status in (401, 403) and not _is_filter(complaint):
        return _end(
            RefusedError,
            f"the server refuses the key ({said}). Check the key in the environment, and what it "
            "may be used for.",
        )
    if complaint.codes & _NO_MODEL or status in (404, 405):
        return _end(
            UsageError,
            "the server does not know the model, or the base URL is not that of its chat "
            f"completions ({said}). Check both.",
        )
    if status == 407:
        return _end(UsageError, f"the proxy wants a login ({said}). Check the proxy's address.")
    if 300 <= status < 400:
        return _end(
            UsageError,
            f"the base URL leads elsewhere ({status}), where the key is not sent. Name the address "
            "that it leads to.",
        )
    return Trouble("final", said, _final_reason(status, complaint))


def _final_reason(status: int, complaint: Complaint) -> FailureReason:
    if status == 413 or complaint.codes & _TOO_LONG_CODES:
        return "too-long"
    if _is_filter(complaint):
        return "refused-by-filter"
    return "too-long" if _TOO_LONG.search(complaint.message) else "bad-request"


def _is_filter(complaint: Complaint) -> bool:
    return any(_FILTER.search(code) for code in complaint.codes) or bool(
        _FILTER.search(complaint.message)
    )


def _end(kind: type[PrefdataError], said: str) -> Trouble:
    return Trouble("end", said, error=kind(said))


def not_there(said: str) -> Trouble:
    """A server that does not answer at all."""
    return _end(UnavailableError, said)


def seconds_of(retry_after: str | None) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date; None: no such thing.

    >>> seconds_of("1.5"), seconds_of("soon"), seconds_of("-3")
    (1.5, None, 0.0)
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after[:100]).timestamp() - time.time()
        except (ValueError, OverflowError, OSError):
            return None
    return None if math.isnan(seconds) else max(0.0, seconds)
