"""How rewards relate to length: correlations, and accuracy on pairs of similar length.

Lengths are characters of the completions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.sentences import Sentence
from prefdata.results.training import Correlation, LengthMetrics
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate
from prefdata.transforms.metrics.pairwise import Points

MATCHED = 0.9
"""The least ratio of the shorter to the longer completion's length."""


def length_metrics(
    rewards: tuple[Doubles, Doubles],
    lengths: tuple[Ints, Ints],
    scored: Points,
    groups: Ints,
    draw: Bootstrap,
) -> LengthMetrics:
    """Correlations with length, and accuracy by which completion is longer.

    `rewards` and `lengths`: of chosen (n) and of rejected (n); `scored` (n): points of each pair.
    """
    chosen, rejected = lengths
    subsets = {
        "matched": matched(chosen, rejected),
        "chosen_longer": chosen > rejected,
        "rejected_longer": chosen < rejected,
    }
    return LengthMetrics(
        reward=correlation(np.concatenate(rewards), np.concatenate(lengths)),
        reward_margin=correlation_both_ways(rewards[0] - rewards[1], chosen - rejected),
        **{name: estimate(scored[of], groups[of], draw) for name, of in subsets.items()},
    )


def matched(chosen: Ints, rejected: Ints) -> npt.NDArray[np.bool_]:
    """Flags (n) of pairs whose lengths differ by at most a tenth of the longer one.

    >>> matched(np.array([90, 89, 0]), np.array([100, 100, 0])).tolist()
    [True, False, True]
    """
    longer, shorter = np.maximum(chosen, rejected), np.minimum(chosen, rejected)
    flags: npt.NDArray[np.bool_] = 10 * shorter >= round(10 * MATCHED) * longer
    return flags


def correlation(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Correlation:
    """Pearson's and Spearman's coefficient (ties get their mean rank) of two quantities (n).

    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2, 4, 60])).spearman
    1.0
    """
    first, second = (np.asarray(values, np.float64) + 0.0 for values in (one, other))
    if len(first) < 2:
        why = Sentence("metrics.too-few-points")
    elif first.min() == first.max() or second.min() == second.max():
        why = Sentence("metrics.constant")
    else:
        return Correlation(
            pearson=_pearson(first, second),
            spearman=_pearson(_ranks(first), _ranks(second)),
            points=len(first),
        )
    return Correlation(pearson=None, spearman=None, points=len(first), absent=why)


def correlation_both_ways(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Correlation:
    """The correlation of differences between two completions, each taken in both directions.

    The direction of a difference is arbitrary; so the result does not depend on which completion is
    called chosen.
    """
    both = correlation(*(np.concatenate([values, -values]) for values in (one, other)))
    return both.model_copy(update={"points": len(one)})


def _pearson(one: Doubles, other: Doubles) -> float:
    first, second = one - one.mean(), other - other.mean()
    scale = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.clip(first @ second / scale, -1.0, 1.0))


def _ranks(values: Doubles) -> Doubles:
    return pl.Series(values).rank("average").to_numpy()
