"""The share of flipped labels, estimated from people's decisions on reviewed rows.

Rows of a review sheet were drawn by stratum (`review_rows`), so each stratum is weighted by its
size. The uncertainty of a stratum's share is a beta distribution, the posterior of Jeffreys' prior
(Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", 2001), which stays
sensible where no flip, or no decision, was seen. Weighted sums of draws of all strata give the
interval. Rows of one leakage group may be correlated: n rows count as if fully so, that is as
(sum of n_g)^2 / sum of n_g^2 rows, for n_g rows of each group.

An `unsure` decision counts as none. A row to `drop` is no flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.review import Decision, Drawn
from prefdata.results.sentences import Sentence
from prefdata.results.training import Estimate

_LEVEL = 0.95
_DRAWS = 20_000


@dataclass(frozen=True)
class Decided:
    """Decisions on m rows, the leakage groups of these rows (m), and how each row was drawn (m).

    `drawn`: None for a row that somebody picked by hand, which is no evidence of the share.
    """

    decisions: Sequence[Decision]
    groups: Ints
    drawn: Sequence[Drawn | None]


def flip_rate(decided: Decided, seed: int = 0) -> Estimate:
    """The share of flipped labels among all rows that the sheet stands for.

    `pairs`: rows with a decision for or against. Of several sheets, the one with most such rows
    counts. If all decisions of a stratum are unsure, `value` is the share in the other strata, and
    the interval covers any share in that one.
    """
    decided_rows = [
        (drawn, decision == "flip", int(group))
        for decision, group, drawn in zip(
            decided.decisions, decided.groups, decided.drawn, strict=True
        )
        if drawn is not None and decision != "unsure"
    ]
    if not decided_rows:
        nobody = Sentence("review.nobody")
        return Estimate(pairs=0, groups=0, value=None, low=None, high=None, absent=nobody)
    designs = [drawn.design for drawn, _, _ in decided_rows]
    design = max(designs, key=lambda name: (designs.count(name), name))
    decided_rows = [line for line in decided_rows if line[0].design == design]
    shares = _Shares.of(decided_rows)
    low, high = shares.interval(np.random.default_rng(seed))
    return Estimate(
        pairs=len(decided_rows),
        groups=len({group for _, _, group in decided_rows}),
        value=shares.value,
        low=low,
        high=high,
    )


@dataclass(frozen=True)
class _Shares:
    """k strata: rows of each, the share of flips among decided rows, and their effective number.

    `is_whole`: every row of the stratum was decided, so its share is exact. `rest`: rows of strata
    without any decision.
    """

    rows: Doubles
    shares: Doubles
    worth: Doubles
    is_whole: npt.NDArray[np.bool_]
    rest: float

    @classmethod
    def of(cls, decided_rows: Sequence[tuple[Drawn, bool, int]]) -> _Shares:
        strata = sorted({drawn.stratum for drawn, _, _ in decided_rows})
        lines = [
            [line for line in decided_rows if line[0].stratum == stratum] for stratum in strata
        ]
        rows = np.array([line[0][0].rows for line in lines], np.float64)
        return cls(
            rows,
            np.array(
                [np.mean([is_flip for _, is_flip, _ in stratum_rows]) for stratum_rows in lines]
            ),
            np.array([_worth([group for _, _, group in stratum_rows]) for stratum_rows in lines]),
            np.array([len(stratum_rows) for stratum_rows in lines]) >= rows,
            max(decided_rows[0][0].total - float(rows.sum()), 0.0),
        )

    @property
    def value(self) -> float:
        return float(self.rows @ self.shares / self.rows.sum())

    def interval(self, random: np.random.Generator) -> tuple[float, float]:
        ones, zeros = self.shares * self.worth, (1 - self.shares) * self.worth
        drawn = random.beta(ones + 0.5, zeros + 0.5, (_DRAWS, len(ones)))
        drawn = np.where(self.is_whole, self.shares, drawn)
        rest = random.beta(0.5, 0.5, _DRAWS)
        total = (drawn @ self.rows + self.rest * rest) / (self.rows.sum() + self.rest)
        tail = (1 - _LEVEL) / 2
        low, high = np.quantile(total, [tail, 1 - tail])
        return min(float(low), self.value), max(float(high), self.value)


def _worth(groups: Sequence[int]) -> float:
    """The least number of independent rows that rows of these groups count as."""
    _, sizes = np.unique(np.array(groups), return_counts=True)
    return float(sizes.sum() ** 2 / (sizes @ sizes))
