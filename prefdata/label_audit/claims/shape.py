"""How wrong labels may lie along the ranking: a curve of one number, whose size answers tell.

Rows are ranked by how far models that have not seen a label speak against it. Only ranks are used,
as normal scores u: the link between margins and errors extrapolates where it matters most. P(wrong)
is a logistic curve in u, a + c u. Its level E is the share of wrong labels; its steepness is told
by d, the mean score of wrong rows. If labels are turned by coins, d follows from the ranking alone:
the row that was turned would stand where its mirror image stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from prefdata.records.arrays import Doubles, Ints

FIRST = 50
"""Rows at the top of the ranking that are looked at by themselves."""
LEVEL_TOP = 25
"""The first rows, which are not told apart: where every margin is large, its size says nothing."""
_STEEPEST = 2.6
"""Scores: the most that the mean score of rows turned by coins is taken to be."""
_SINGLE = 150
"""Ranks that are kept one by one; those after them are summed up in as many steps of score."""
_STEPS = 60


def scores_of_ranks(rows: int) -> Doubles:
    """The normal score of each rank (rows), falling; the first `LEVEL_TOP` have the next one's."""
    from scipy.special import ndtri

    scores: Doubles = ndtri(1 - (np.arange(1, rows + 1) - 0.5) / rows)
    level: Doubles = np.minimum(scores, scores[min(LEVEL_TOP, rows - 1)])
    return level


@dataclass(frozen=True)
class Ranking:
    """n rows by `margin` (n): of the label as recorded, in log odds, by models that have not seen
    it. The lowest margin has rank 0."""

    margin: Doubles

    @cached_property
    def order(self) -> Ints:
        """Places (n) of the rows, by rank; rows of equal margin keep their order."""
        return np.argsort(self.margin, kind="stable").astype(np.int64)

    @cached_property
    def ranks(self) -> Ints:
        """The rank (n) of each row, from 0."""
        ranks = np.empty(len(self.margin), np.int64)
        ranks[self.order] = np.arange(len(ranks))
        return ranks

    @cached_property
    def scores(self) -> Doubles:
        """The normal score by rank (n)."""
        return scores_of_ranks(len(self.margin))

    @cached_property
    def mirrored_score(self) -> float:
        """The mean score that rows would have if all labels were the other way round."""
        ordered = np.sort(self.margin)
        above = np.searchsorted(ordered, -self.margin, side="left")
        return float(self.scores[np.minimum(above, len(ordered) - 1)].mean())

    def coin_score(self, rate: float) -> float:
        """The mean score of wrong rows, if labels are turned by coins at this `rate`."""
        return min(_STEEPEST, max(self.mirrored_score, 0.0) * (1 - rate) / (1 - 2 * rate))

    @cached_property
    def steps(self) -> Steps:
        """The ranking, summed up."""
        rows = len(self.margin)
        single = np.arange(min(_SINGLE, rows))
        edges = np.unique(np.linspace(len(single), rows, _STEPS + 1).astype(np.int64))
        counts = np.concatenate([np.ones(len(single)), np.diff(edges)])
        means = [self.scores[a:b].mean() for a, b in pairwise(edges)]
        return Steps(np.concatenate([self.scores[single], np.array(means)]), counts / rows)


@dataclass(frozen=True)
class Steps:
    """A ranking summed up in k steps: their `scores` (k), falling, and `shares` (k) of the rows."""

    scores: Doubles
    shares: Doubles

    def curve(self, rate: float, slope: float) -> Doubles:
        """P(wrong) of each step (k) with this mean and this slope in u; by bisection."""
        from scipy.special import expit

        low, high = -60.0, 60.0
        for _ in range(40):
            middle = (low + high) / 2
            if self.shares @ expit(middle + slope * self.scores) < rate:
                low = middle
            else:
                high = middle
        return np.asarray(expit((low + high) / 2 + slope * self.scores), np.float64)

    def curves(self, rate: float, slopes: Doubles) -> Doubles:
        """The same for several slopes at once (slopes, k)."""
        from scipy.special import expit

        low, high = np.full(len(slopes), -60.0), np.full(len(slopes), 60.0)
        tilted = slopes[:, None] * self.scores
        for _ in range(32):
            middle = (low + high) / 2
            is_low = expit(middle[:, None] + tilted) @ self.shares < rate
            low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
        return np.asarray(expit(((low + high) / 2)[:, None] + tilted), np.float64)

    def mean_scores(self, curves: Doubles) -> Doubles:
        """The mean score of wrong rows (...) by curves (..., k)."""
        wrong = curves * self.shares
        return np.asarray(wrong @ self.scores / wrong.sum(axis=-1), np.float64)


def expected_wrong(ranking: Ranking, rate: float, first: int) -> float:
    """Wrong labels to expect among the `first` rows, if labels are turned by coins at a `rate`."""
    if rate <= 0:
        return 0.0
    steps, wanted = ranking.steps, ranking.coin_score(rate)
    low, high = 0.0, 40.0
    for _ in range(30):
        slope = (low + high) / 2
        if steps.mean_scores(steps.curve(rate, slope)) < wanted:
            low = slope
        else:
            high = slope
    by_row = rows_of(ranking, steps.curve(rate, (low + high) / 2))
    return float(by_row[ranking.order[:first]].sum())


def rows_of(ranking: Ranking, curve: Doubles) -> Doubles:
    """Values of steps (k) as values of rows (n), interpolated by score."""
    by_rank = np.interp(ranking.scores, ranking.steps.scores[::-1], curve[::-1])
    values = np.empty(len(by_rank))
    values[ranking.order] = by_rank
    return values
