"""Readers err: what their answers are worth, once every "wrong" has been read again.

A row that is called wrong is read a second time, and a third time where the two differ. Of readers
who err once in ten answers, two in a hundred right rows are still called wrong then, and eleven in
a hundred wrong ones called right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """From end to end."""
        return self.high - self.low


@dataclass(frozen=True)
class Readers:
    """How often answers are false: of right rows (`alarms`), and of wrong ones (`misses`)."""

    alarms: float = 0.0
    misses: float = 0.0


SURE = Readers()
"""Readers whose answers are taken as they are."""


def reading_again(error: float) -> Readers:
    """Readers who err in a share of their answers, after second and third readings.

    >>> readers = reading_again(0.1)
    >>> round(readers.alarms, 3), round(readers.misses, 3)
    (0.019, 0.109)
    """
    return Readers(error * (error + (1 - error) * error), error + (1 - error) * error * error)


def widened(interval: Interval, readers: Readers) -> Interval:
    """An interval of the share that readers call wrong, as one of the share that is wrong."""
    low = max((interval.low - readers.alarms) / (1 - readers.alarms), 0.0)
    high = min(interval.high / (1 - readers.misses), 1.0)
    share = (interval.value - readers.alarms) / (1 - readers.alarms - readers.misses)
    return Interval(min(max(share, low), high), low, high)


def settled(readings: Sequence[bool]) -> bool | None:
    """Whether a row is wrong by its readings, in order; None while they are even.

    >>> settled([True, False]), settled([True, False, True]), settled([False])
    (None, True, False)
    """
    wrong = sum(readings)
    right = len(readings) - wrong
    return None if wrong == right else wrong > right
