"""Accuracy by slice, with intervals that hold for all slices simultaneously.

Of a hundred slices five stand out by chance. So the intervals are widened to cover the largest of
all deviations (max-t; Romano and Wolf, "Exact and approximate stepdown methods for multiple
hypothesis testing", 2005). The correlations of overlapping slices are computed from the
contributions of each leakage group; the largest deviation is then drawn from the normal
distribution with these correlations, which is the multiplier bootstrap over groups (Chernozhukov,
Chetverikov and Kato, 2013) without drawing groups. Each interval is Wilson's, for the effective
number of independent pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.label_audit.report.slice_names import Cut, cuts, dimensions
from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.results.audit import SliceResult, SmallSlices
from prefdata.results.training import SMALL
from prefdata.transforms.metrics.bootstrap import LEVEL, Bootstrap

_DRAWS = 8000
_CORRELATED = 1000
"""Slices up to which correlations are used; for more, Sidak's bound, which is conservative."""


@dataclass(frozen=True)
class Sliced:
    """The slices with enough groups, fewest conditions first, and a summary of the smaller ones."""

    slices: tuple[SliceResult, ...]
    small: SmallSlices


def slices(
    right: Flags, is_suspected: Flags, facts: PairFacts, draw: Bootstrap, least: int = SMALL
) -> Sliced:
    """Accuracy by source, language, length and turns, and their crossings.

    `right`, `is_suspected` (n): by pair. `least`: groups that a slice needs; smaller ones are only
    counted. A dimension with a single value is left out.
    """
    _, members = np.unique(facts.groups, return_inverse=True)
    large: list[tuple[Cut, int]] = []
    small: list[tuple[Cut, int]] = []
    for cut in cuts(dimensions(facts)):
        groups = len(np.unique(members[cut.places]))
        (large if groups >= least else small).append((cut, groups))
    parts = [cut.places for cut, _ in large]
    measured = _measure(right, members, parts, draw)
    results = [
        _result(cut, groups, is_suspected, measured, number)
        for number, (cut, groups) in enumerate(large)
    ]
    results.sort(key=lambda result: (len(result.by), -result.pairs, result.name))
    return Sliced(tuple(results), _small([cut for cut, _ in small], len(facts), least))


@dataclass(frozen=True)
class _Measured:
    """Of each slice (s): accuracy, its interval, and -1, 0 or 1: below, like or above the rest."""

    accuracy: Doubles
    low: Doubles
    high: Doubles
    side: npt.NDArray[np.int8]


def _measure(right: Flags, members: Ints, parts: list[Ints], draw: Bootstrap) -> _Measured:
    """Measures each slice. `members` (n): group of each pair; `parts`: places of its pairs."""
    if not parts:
        none = np.zeros(0)
        return _Measured(none, none, none, np.zeros(0, np.int8))
    pairs = np.array([len(places) for places in parts])
    hits = np.array([right[places].sum() for places in parts])
    accuracy = hits / pairs
    rest = (right.sum() - hits) / np.maximum(len(right) - pairs, 1)
    covariance, with_all, of_all = _covariances(right, members, parts, accuracy)
    apart = covariance - with_all[:, None] - with_all[None, :] + of_all
    errors, apart_errors = (np.sqrt(np.diag(matrix).clip(0)) for matrix in (covariance, apart))
    low, high = _wilson(
        accuracy, _effective(parts, members, accuracy, errors), _widest(covariance, draw)
    )
    # part - rest is (part - all) * n / (n - its pairs): the same multiple of its own error
    beyond = np.abs(accuracy - right.mean()) > _widest(apart, draw) * apart_errors
    side = np.where(rest > high, -1, np.where(rest < low, 1, 0)) * (beyond & (apart_errors > 0))
    return _Measured(accuracy, low, high, side.astype(np.int8))


def _covariances(
    right: Flags, members: Ints, parts: list[Ints], accuracy: Doubles
) -> tuple[Doubles, Doubles, float]:
    """Of the accuracies (s, s), with that of all pairs (s), and its variance: sums over groups."""
    from scipy.sparse import coo_array

    pairs = np.array([len(places) for places in parts])
    places, columns = np.concatenate(parts), np.repeat(np.arange(len(parts)), pairs)
    added = (right[places] - accuracy[columns]) / pairs[columns]
    groups = int(members.max(initial=0)) + 1
    shape = (groups, len(parts))
    by_group = coo_array((added, (members[places], columns)), shape=shape).tocsc()
    whole = np.bincount(members, weights=right - right.mean()) / len(right)
    few = groups / max(groups - 1, 1)
    covariance: Doubles = (by_group.T @ by_group).toarray() * few
    return covariance, np.asarray(by_group.T @ whole) * few, float(whole @ whole) * few


def _widest(covariance: Doubles, draw: Bootstrap) -> float:
    """The 95% quantile of the largest absolute deviation of all slices, in standard errors."""
    from scipy.special import ndtri

    variances = np.diag(covariance)
    used = np.flatnonzero(variances > 1e-12 * variances.max(initial=0))
    if len(used) <= 1 or len(used) > _CORRELATED:
        return float(ndtri((1 + LEVEL ** (1 / max(len(used), 1))) / 2))
    errors = np.sqrt(variances[used])
    correlation = covariance[np.ix_(used, used)] / np.outer(errors, errors)
    factor = np.linalg.cholesky(correlation + 1e-8 * np.eye(len(used)))
    random = np.random.default_rng(draw.seed)
    reached = [
        np.abs(random.standard_normal((rows, len(used))) @ factor.T).max(axis=1)
        for rows in [_DRAWS // 8] * 8
    ]
    return float(np.quantile(np.concatenate(reached), LEVEL))


def _effective(parts: list[Ints], members: Ints, accuracy: Doubles, errors: Doubles) -> Doubles:
    """The effective number of independent pairs of each slice (s), at most its number of pairs.

    If all pairs are right, or all wrong, no error can be measured: the number of groups is taken.
    """
    pairs = np.array([len(places) for places in parts])
    groups = np.array([len(np.unique(members[places])) for places in parts])
    spread = accuracy * (1 - accuracy)
    with np.errstate(divide="ignore", invalid="ignore"):
        independent = np.where(spread > 0, spread / np.square(errors), groups)
    effective: Doubles = np.minimum(independent, pairs)
    return effective


def _wilson(accuracy: Doubles, pairs: Doubles, reach: float) -> tuple[Doubles, Doubles]:
    """Wilson's score interval for a share of (possibly fractional) `pairs`, `reach` errors wide."""
    square = reach * reach
    middle = (accuracy + square / (2 * pairs)) / (1 + square / pairs)
    inside = accuracy * (1 - accuracy) / pairs + square / (4 * pairs * pairs)
    half = reach * np.sqrt(inside) / (1 + square / pairs)
    return (middle - half).clip(0, 1), (middle + half).clip(0, 1)


def _result(
    cut: Cut, groups: int, is_suspected: Flags, measured: _Measured, number: int
) -> SliceResult:
    outcome: dict[int, Any] = {-1: "below", 0: "no", 1: "above"}
    return SliceResult(
        name=", ".join(cut.by.values()),
        by=cut.by,
        pairs=len(cut.places),
        groups=groups,
        accuracy=float(measured.accuracy[number]),
        low=float(measured.low[number]),
        high=float(measured.high[number]),
        suspected=int(is_suspected[cut.places].sum()),
        stands_out=outcome[int(measured.side[number])],
    )


def _small(small: list[Cut], pairs: int, least: int) -> SmallSlices:
    inside = np.zeros(pairs, np.bool_)
    for cut in small:
        inside[cut.places] = True
    return SmallSlices(least=least, slices=len(small), pairs=int(inside.sum()))
