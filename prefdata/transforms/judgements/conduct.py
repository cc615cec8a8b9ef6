"""How each judge votes: with the others, with the side shown first, the same answer, how fast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from typing import Literal

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.transforms.judgements.majority import sums_by_side, winning
from prefdata.transforms.judgements.votes import Array, Votes
from prefdata.transforms.metrics.bootstrap import LEVEL

Answer = Literal["first", "second", "shown-first", "shown-second", "tie"]

_ANSWERS: tuple[Answer, ...] = ("shown-first", "shown-second", "first", "second", "tie")
_MILLISECONDS_FROM = 1e11
"""A number of at least this is a time in milliseconds: in seconds it would be the year 5138."""


@dataclass(frozen=True)
class WithRest:
    """Votes on items that others have voted on too (n), beside the majority of these others.

    `judge` (n), `item` (n): indices; `points` (n): 2 where both say the same, 1 where one of them
    says tie, 0 where they are opposed.
    """

    judge: Ints
    item: Ints
    points: Ints


@dataclass(frozen=True)
class PositionBias:
    """Of the decided votes whose order of showing is known, those for what was shown first.

    `votes`, `first` (n): counts; `low`, `high` (n): the 95% interval of Wilson, "Probable
    inference, the law of succession, and statistical inference" (JASA 22, 1927); NaN: no votes.
    """

    votes: Ints
    first: Ints
    low: Doubles
    high: Doubles

    @property
    def ratio(self) -> Doubles:
        """The share (n); one half is no bias; NaN: no votes."""
        return np.where(self.votes > 0, self.first / np.maximum(self.votes, 1), np.nan)


@dataclass(frozen=True)
class SameAnswer:
    """The most frequent answer of each judge: its name, and its share of the votes (judges)."""

    answer: tuple[Answer | None, ...]
    ratio: Doubles


def with_rest(votes: Votes) -> WithRest:
    """Each judge's side on an item beside the majority of the other judges of the item.

    Where a judge voted several times on an item, his own majority counts.
    """
    keys, which = np.unique(votes.item * max(votes.judges, 1) + votes.judge, return_inverse=True)
    item, judge = np.divmod(keys, max(votes.judges, 1))
    own = np.stack(
        [np.bincount(which, votes.weight * (votes.side == side), len(keys)) for side in (1, 0, -1)]
    )
    others = np.stack(sums_by_side(votes))[:, item] - own
    others = np.where(others > 1e-9, others, 0.0)
    is_shared = np.bincount(item, minlength=votes.items)[item] > 1
    points = 2 - np.abs(winning(*own) - winning(*others))
    return WithRest(judge[is_shared], item[is_shared], points[is_shared])


def position_bias(votes: Votes) -> PositionBias:
    """The bias of each judge; the last entry is that of all judges together (judges + 1)."""
    decided = (votes.side != 0) & (votes.shown != 0)
    judge = votes.judge[decided]
    is_first = votes.side[decided] == votes.shown[decided]
    total, first = (
        np.append(counts, counts.sum())
        for counts in (
            np.bincount(judge, minlength=votes.judges),
            np.bincount(judge[is_first], minlength=votes.judges),
        )
    )
    low, high = wilson(first, total)
    return PositionBias(total, first, low, high)


def wilson(hits: Ints, trials: Ints) -> tuple[Doubles, Doubles]:
    """Wilson's 95% interval of a ratio (n, n); NaN without trials.

    >>> low, high = wilson(np.array([8]), np.array([10]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.49, 0.943)
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    count = np.where(trials > 0, trials, np.nan).astype(np.float64)
    ratio = hits / count
    centre = (ratio + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(ratio * (1 - ratio) / count + (z / count / 2) ** 2)
    return np.clip(centre - reach, 0, 1), np.clip(centre + reach, 0, 1)


def same_answer(votes: Votes) -> SameAnswer:
    """The most frequent answer of each judge, as the judge saw it where the order is known.

    The answers are shown-first, shown-second, tie, and, of votes without an order, first and
    second; of several as frequent, the first in this order. None and NaN: a judge without votes.
    """
    seen = votes.side * np.where(votes.shown == 0, 1, votes.shown)
    place = np.where(seen > 0, 0, 1) + np.where(votes.shown == 0, 2, 0)
    place = np.where(seen == 0, len(_ANSWERS) - 1, place)
    cells = np.bincount(
        votes.judge * len(_ANSWERS) + place, minlength=votes.judges * len(_ANSWERS)
    ).reshape(votes.judges, len(_ANSWERS))
    total = cells.sum(axis=1)
    most = cells.argmax(axis=1) if votes.judges else np.zeros(0, np.int64)
    names = tuple(
        _ANSWERS[at] if count else None
        for at, count in zip(most.tolist(), total.tolist(), strict=True)
    )
    highest = cells.max(axis=1, initial=0)
    return SameAnswer(names, np.where(total > 0, highest / np.maximum(total, 1), np.nan))


def seconds_per_vote(judge: Array, seconds: Array, judges: int) -> Doubles:
    """The median time between consecutive judgements of each judge (judges); NaN: under two times.

    `judge` (n): indices; `seconds` (n): times of the judgements, NaN: unknown. Breaks do not move
    the median as long as they are fewer than half of the gaps.
    """
    known = ~np.isnan(seconds)
    order = np.lexsort((seconds[known], judge[known]))
    judge, seconds = judge[known][order], seconds[known][order]
    is_next = judge[1:] == judge[:-1]
    gaps, of = np.diff(seconds)[is_next], judge[1:][is_next]
    order = np.lexsort((gaps, of))
    gaps, of = gaps[order], of[order]
    who, starts, sizes = np.unique(of, return_index=True, return_counts=True)
    medians = np.full(judges, np.nan)
    medians[who] = (gaps[starts + (sizes - 1) // 2] + gaps[starts + sizes // 2]) / 2
    return medians


def seconds_of(times: Sequence[str | None]) -> Doubles:
    """Times as written in sources (ISO 8601, or a number since 1970 in seconds or milliseconds).

    NaN: none, or not to be read. A time without a zone is taken to be UTC.

    >>> seconds_of(["1970-01-01T00:01:00Z", "90.5", "1700000000000", "soon", None]).tolist()
    [60.0, 90.5, 1700000000.0, nan, nan]
    """
    return np.array([math.nan if time is None else _seconds(time) for time in times], np.float64)


def _seconds(time: str) -> float:
    try:
        number = float(time)
    except ValueError:
        try:
            at = datetime.fromisoformat(time.strip())
            return (at if at.tzinfo else datetime.fromisoformat(f"{at.isoformat()}Z")).timestamp()
        except (ValueError, OverflowError):
            return math.nan
    if not math.isfinite(number):
        return math.nan
    return number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
