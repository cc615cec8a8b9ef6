"""How fast a server is asked: as much at once as it bears, within the rates that were agreed."""

from __future__ import annotations

import random
from dataclasses import dataclass

_FIRST = 8
_SHRINKS_TO = 0.7
_LONGEST_BACKOFF = 60.0


@dataclass
class Window:
    """How many requests are under way at once: additive increase, multiplicative decrease.

    It doubles with each round until the server is asked too much for the first time.
    """

    most: int
    size: float = 0.0
    _is_probing: bool = True
    _shrank: float = -1.0

    def __post_init__(self) -> None:
        self.size = float(min(self.most, _FIRST))

    def grow(self) -> None:
        """An answer came."""
        self.size = min(self.most, self.size + (1.0 if self._is_probing else 1.0 / self.size))

    def shrink(self, sent: float, now: float) -> None:
        """The server was asked too much by what was sent at a time: once for each round, since
        what was sent before it shrank knows nothing of that."""
        if sent > self._shrank:
            self._is_probing, self._shrank = False, now
            self.size = max(1.0, self.size * _SHRINKS_TO)


@dataclass
class Rate:
    """So much a minute, evenly: what is taken has to be paid back in time before more is given.

    `burst`: seconds' worth that may be taken at once.
    """

    per_minute: float | None
    burst: float = 1.0
    _free_at: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until something may be taken."""
        return 0.0 if self.per_minute is None else max(0.0, self._free_at - now)

    def take(self, now: float, amount: float) -> None:
        """Takes an amount; a negative one gives back what was not needed after all."""
        if self.per_minute is not None:
            begin = max(self._free_at, now - self.burst) if amount > 0 else self._free_at
            self._free_at = begin + amount * 60 / self.per_minute


def backoff(attempt: int, first: float, draw: random.Random) -> float:
    """Seconds before another attempt, drawn evenly from 0 to a limit that doubles each time (full
    jitter), so that clients that failed together do not come back together."""
    return draw.uniform(0.0, min(_LONGEST_BACKOFF, first * 2.0 ** min(attempt, 30)))
