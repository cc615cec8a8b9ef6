"""What the server was asked: the evidence of tests. No token is kept."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass
class Seen:
    """One request. `storage` has large objects only; `hub` everything else."""

    host: str
    method: str
    path: str
    """With the query, as it came; signatures are left out."""
    authorized: bool
    agent: str
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    status: int | None = None
    """None while it is under way, and where the connection was cut."""
    received: int = 0
    sent: int = 0
    changes: bool = False
    """It asked for a change (whether or not that was done)."""
    stored: str | None = None
    """The large object that was kept because of it."""
    fault: str | None = None

    @property
    def line(self) -> str:
        return f"{self.method} {unquote(self.path)}"


class Log:
    """Requests in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[Seen] = []

    def add(self, seen: Seen) -> Seen:
        with self._lock:
            self._seen.append(seen)
        return seen

    def __iter__(self) -> Iterator[Seen]:
        with self._lock:
            return iter(tuple(self._seen))

    def __len__(self) -> int:
        with self._lock:
            return len(self._seen)

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()

    def of(self, method: str, path: str = "") -> list[Seen]:
        """Requests of a method whose path has the pattern in it."""
        return [
            seen
            for seen in self
            if re.fullmatch(method, seen.method) and re.search(path, unquote(seen.path))
        ]

    @property
    def changes(self) -> list[Seen]:
        return [seen for seen in self if seen.changes]

    @property
    def stored(self) -> list[str]:
        """Large objects that came and were kept, in order."""
        return [seen.stored for seen in self if seen.stored]

    @property
    def uploads(self) -> list[Seen]:
        return self.of("PUT", r"^/objects/")

    @property
    def lines(self) -> list[str]:
        return [f"{seen.line} -> {seen.status} {seen.fault or ''}".rstrip() for seen in self]
