"""Cohen's kappa of each two judges, on the units that both have answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.transforms.judgements.alpha import Scale
from prefdata.transforms.judgements.votes import Votes, judges_of_items, only, pairs_within


@dataclass(frozen=True)
class Kappas:
    """Pairs of judges (n), those with most units in common first.

    `one`, `other` (n): indices of judges, one < other; `units` (n): answered by both; `agreement`
    (n): share of these units on which both say the same; `kappa` (n): NaN where both give the same
    single answer throughout.
    """

    one: Ints
    other: Ints
    units: Ints
    agreement: Doubles
    kappa: Doubles


def cohen_kappas(answers: Votes, scale: Scale) -> Kappas:
    """Kappa of each two judges with a unit in common; `answers.verdict` holds any numbers.

    Cohen, "A coefficient of agreement for nominal scales" (1960); on an ordinal scale weighted by
    the squared difference of places among all values given to units that two judges answered, on
    an interval scale by that of the values (Cohen, "Weighted kappa", 1968). A judge's several
    answers on one unit share one weight.
    """
    answers = only(answers, judges_of_items(answers)[answers.item] > 1)
    values, place = np.unique(answers.verdict, return_inverse=True)
    one, other, _ = pairs_within(answers.item)
    differ = answers.judge[one] != answers.judge[other]
    one, other = one[differ], other[differ]
    key = answers.judge[one] * max(answers.judges, 1) + answers.judge[other]
    pairs, row = np.unique(key, return_inverse=True)
    weight = answers.weight[one] * answers.weight[other]
    left, right = place[one], place[other]
    total = np.bincount(row, weight, len(pairs)).astype(np.float64)
    same = np.bincount(row, weight * (left == right), len(pairs)) / total
    if scale == "nominal":
        observed, expected = 1 - same, _chance_nominal(row, weight, left, right, total)
    else:
        points = np.arange(len(values), dtype=np.float64) if scale == "ordinal" else values
        observed, expected = _squared(row, weight, points[left], points[right], total)
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = np.where(expected > 0, 1 - observed / expected, np.nan)
    first, second = np.divmod(pairs, max(answers.judges, 1))
    units = np.rint(total).astype(np.int64)
    order = np.lexsort((second, first, -units))
    return Kappas(first[order], second[order], units[order], same[order], kappa[order])


def _chance_nominal(row: Ints, weight: Doubles, left: Ints, right: Ints, total: Doubles) -> Doubles:
    """The disagreement expected of independent judges with the same answers, by pair of judges."""
    most = int(max(left.max(initial=0), right.max(initial=0))) + 1
    of_left, left_sums = _sums(row * most + left, weight)
    of_right, right_sums = _sums(row * most + right, weight)
    _, one, other = np.intersect1d(of_left, of_right, assume_unique=True, return_indices=True)
    by_chance = np.bincount(of_left[one] // most, left_sums[one] * right_sums[other], len(total))
    expected: Doubles = 1 - by_chance / total**2
    return np.where(expected > 1e-12, expected, 0.0)


def _sums(keys: Ints, weight: Doubles) -> tuple[Ints, Doubles]:
    distinct, which = np.unique(keys, return_inverse=True)
    return distinct, np.bincount(which, weight, len(distinct)).astype(np.float64)


def _squared(
    row: Ints, weight: Doubles, left: Doubles, right: Doubles, total: Doubles
) -> tuple[Doubles, Doubles]:
    """The mean squared difference observed, and expected of independent judges."""

    def mean(of_votes: Doubles) -> Doubles:
        return np.bincount(row, weight * of_votes, len(total)) / total

    means = mean(left), mean(right)
    spread = mean((left - means[0][row]) ** 2) + mean((right - means[1][row]) ** 2)
    return mean((left - right) ** 2), spread + (means[0] - means[1]) ** 2
