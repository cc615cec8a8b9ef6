"""The share of labels that are the wrong way round, from what a person decided.

Rows of a review sheet were drawn stratum by stratum (`review_rows`), so each stratum is weighed by
its size. The share in a stratum is known only as well as its decisions allow: a draw from the beta
distribution that they leave of Jeffreys' prior (Brown, Cai and DasGupta, "Interval estimation for
a binomial proportion", 2001), which stays sensible where no flip, or nothing, was seen. Draws of
all strata, weighed and added up, give the interval. Rows of one leakage group may share a fate: n
rows count as many as they are worth if they all do, (sum of n_g)^2 / sum of n_g^2 for n_g rows of
each group.

A row of which a person cannot say tells nothing, as if it had not been looked at. One that is of
no use is no flip.
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
    """Decisions on m rows: what, about rows of which groups (m), and how each was drawn (m).

    `drawn`: None where a row was not drawn but picked by somebody; it is no evidence.
    """

    decisions: Sequence[Decision]
    groups: Ints
    drawn: Sequence[Drawn | None]


def flip_rate(decided: Decided, seed: int = 0) -> Estimate:
    """The share of labels that are the wrong way round, of all rows that the sheet stands for.

    `pairs`: rows that say something. Of several sheets, the one with the most of them counts. Where
    rows of a stratum are all undecided, `value` is the share in the others; the interval leaves
    their share open.
    """
    told = [
        (drawn, decision == "flip", int(group))
        for decision, group, drawn in zip(
            decided.decisions, decided.groups, decided.drawn, strict=True
        )
        if drawn is not None and decision != "unsure"
    ]
    if not told:
        nobody = Sentence("review.nobody")
        return Estimate(pairs=0, groups=0, value=None, low=None, high=None, absent=nobody)
    designs = [drawn.design for drawn, _, _ in told]
    design = max(designs, key=lambda each: (designs.count(each), each))
    told = [line for line in told if line[0].design == design]
    shares = _Shares.of(told)
    low, high = shares.interval(np.random.default_rng(seed))
    return Estimate(
        pairs=len(told),
        groups=len({group for _, _, group in told}),
        value=shares.value,
        low=low,
        high=high,
    )


@dataclass(frozen=True)
class _Shares:
    """k strata: rows of each, the share of flips among those decided, and what those are worth.

    `is_whole`: every row of the stratum was decided; its share is no guess. `rest`: rows of strata
    of which nobody decided any.
    """

    rows: Doubles
    shares: Doubles
    worth: Doubles
    is_whole: npt.NDArray[np.bool_]
    rest: float

    @classmethod
    def of(cls, told: Sequence[tuple[Drawn, bool, int]]) -> _Shares:
        strata = sorted({drawn.stratum for drawn, _, _ in told})
        lines = [[line for line in told if line[0].stratum == stratum] for stratum in strata]
        rows = np.array([line[0][0].rows for line in lines], np.float64)
        return cls(
            rows,
            np.array([np.mean([is_flip for _, is_flip, _ in each]) for each in lines]),
            np.array([_worth([group for _, _, group in each]) for each in lines]),
            np.array([len(each) for each in lines]) >= rows,
            max(told[0][0].total - float(rows.sum()), 0.0),
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
    """Independent rows that rows of these groups are worth, at least."""
    _, sizes = np.unique(np.array(groups), return_counts=True)
    return float(sizes.sum() ** 2 / (sizes @ sizes))
