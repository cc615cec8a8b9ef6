"""How often somebody may try: attempts from one address, and from all, within a minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_ADDRESSES = 4096
"""Addresses remembered; beyond, the one that was quiet longest is forgotten."""


@dataclass
class Attempts:
    """A bucket of attempts for each address, that fills again with time, and one for all."""

    at_once: int
    """Attempts that an address may make at once."""
    each_minute: float
    """Attempts a minute that it wins back."""
    for_all: int = 10
    """How many addresses may use theirs up at once before all are asked to wait."""
    now: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds_to_wait(self, address: str) -> int:
        """Seconds until this address may try again; 0 if it may now."""
        with self._lock:
            return max(self._wait(address, 1), self._wait("", self.for_all))

    def took(self, address: str) -> None:
        """Counts one attempt."""
        with self._lock:
            for name, times in ((address, 1), ("", self.for_all)):
                self._left[name] = (self._now_left(name, times) - 1, self.now())
                self._left.move_to_end(name)
            while len(self._left) > _ADDRESSES:
                self._left.popitem(last=False)

    def _wait(self, name: str, times: int) -> int:
        lacking = 1 - self._now_left(name, times)
        return math.ceil(lacking * 60 / (self.each_minute * times)) if lacking > 0 else 0

    def _now_left(self, name: str, times: int) -> float:
        left, at = self._left.get(name, (float(self.at_once * times), self.now()))
        won = (self.now() - at) * self.each_minute * times / 60
        return min(float(self.at_once * times), left + won)
