"""The verdicts on two completions in two orders, as one: a preference that holds in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TieReason = Literal["said", "turned", "half"]
"""said: a tie in both orders. turned: the preference turned with the order. half: a tie in one
order only."""

LEAST_STRENGTH = 0.01
"""Strength of a preference for which the probabilities say next to nothing."""


@dataclass(frozen=True)
class OneVerdict:
    """What was said in one order, seen from the first completion of the pair: 1 better, 0 a tie,
    -1 worse. `grade`: the probability of better less that of worse; None: not known."""

    side: int
    grade: float | None = None


@dataclass(frozen=True)
class PairVerdict:
    """What follows. `strength`: more than 0 unless it is a tie; `graded`: whether it was measured.
    `reason`: of a tie."""

    side: int
    strength: float
    graded: bool
    reason: TieReason | None = None


def seen_from_first(verdict: str, grade: float | None, *, turned: bool) -> OneVerdict:
    """A verdict A, B or tie. `turned`: the second completion was shown as A.

    >>> seen_from_first("A", 0.5, turned=True)
    OneVerdict(side=-1, grade=-0.5)
    """
    side = {"A": 1, "B": -1, "tie": 0}[verdict]
    if not turned:
        return OneVerdict(side, grade)
    return OneVerdict(-side, None if grade is None else -grade)


def combined(one: OneVerdict, other: OneVerdict) -> PairVerdict:
    """The verdicts in both orders as one; the order of the two does not matter.

    >>> combined(OneVerdict(1), OneVerdict(-1))
    PairVerdict(side=0, strength=0.0, graded=False, reason='turned')
    """
    graded = one.grade is not None and other.grade is not None
    if one.side == other.side != 0:
        if one.grade is None or other.grade is None:
            return PairVerdict(one.side, 1.0, graded=False)
        strength = one.side * (one.grade + other.grade) / 2
        return PairVerdict(one.side, round(min(max(strength, LEAST_STRENGTH), 1.0), 6), graded=True)
    if one.side == other.side:
        reason: TieReason = "said"
    else:
        reason = "half" if 0 in (one.side, other.side) else "turned"
    return PairVerdict(0, 0.0, graded, reason)
