"""Faults on request: which requests go wrong, and how."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import unquote


@dataclass(frozen=True)
class Status:
    """An error instead of an answer; nothing is done. `retry_after` in seconds."""

    status: int
    retry_after: float | None = None
    as_date: bool = False
    rate_limit: bool = False
    """Says it as the Hub does, in a `RateLimit` header."""

    @property
    def headers(self) -> dict[str, str]:
        if self.retry_after is None:
            return {}
        if self.rate_limit:
            return {
                "RateLimit": f'"api";r=0;t={self.retry_after:.0f}',
                "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
            }
        at = formatdate(time.time() + self.retry_after, usegmt=True)
        return {"Retry-After": at if self.as_date else f"{self.retry_after:.0f}"}


@dataclass(frozen=True)
class CutBefore:
    """The connection ends before anything is done."""


@dataclass(frozen=True)
class CutAfter:
    """What was asked is done, but the connection ends before the answer."""


@dataclass(frozen=True)
class CutAnswer:
    """The connection ends in the middle of the body of the answer."""


@dataclass(frozen=True)
class CutUpload:
    """The connection is reset in the middle of the body of the request."""


@dataclass(frozen=True)
class Slow:
    """The answer begins late."""

    seconds: float


@dataclass(frozen=True)
class Corrupt:
    """One byte of the answer is wrong."""


@dataclass(frozen=True)
class CorruptStored:
    """The object is taken and acknowledged, but one byte of what is kept is wrong."""


@dataclass(frozen=True)
class Pause:
    """Waits, before anything is done, until the test says `go`, or for `most` seconds."""

    most: float = 60.0
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


Fault = (
    Status | CutBefore | CutAfter | CutAnswer | CutUpload | Slow | Corrupt | CorruptStored | Pause
)


@dataclass
class Rule:
    """From the `first` request that fits (counted from 1), `times` of them go wrong."""

    method: str
    path: str
    fault: Fault
    first: int = 1
    times: int = 1
    seen: int = 0

    def hits(self, method: str, path: str) -> bool:
        if not (re.fullmatch(self.method, method) and re.search(self.path, unquote(path))):
            return False
        self.seen += 1
        return self.first <= self.seen < self.first + self.times

    @property
    def struck(self) -> int:
        """How often it happened."""
        return max(0, min(self.seen - self.first + 1, self.times))


class Faults:
    """The rules in force; the first that fits a request decides."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, method: str, path: str, fault: Fault, *, first: int = 1, times: int = 1) -> Rule:
        """`method` must fit as a whole, `path` (unquoted, with the query) somewhere."""
        rule = Rule(method, path, fault, first, times)
        with self._lock:
            self._rules.append(rule)
        return rule

    def pause(self, method: str, path: str, *, first: int = 1) -> Pause:
        pause = Pause()
        self.add(method, path, pause, first=first)
        return pause

    def clear(self) -> None:
        with self._lock:
            for rule in self._rules:
                if isinstance(rule.fault, Pause):
                    rule.fault.go.set()
            self._rules.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        with self._lock:
            hits = [rule.fault for rule in self._rules if rule.hits(method, path)]
        return hits[0] if hits else None
