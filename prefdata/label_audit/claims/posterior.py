"""P(wrong) of each row, from ranks and answers: the posterior mean over all curves.

The share E of wrong labels and the steepness of the curve (`shape`) are both unknown. Their prior:
E is Beta(1/2, 5); the mean score of wrong rows is, in one half, near that of labels turned by
coins, and in the other anywhere below it, since labels that are wrong where a pair is close, or
where the worse side looks better, are found less easily. A share of the rows is one of which the
models see nothing: these are wrong at the rate E wherever they stand. Without them one right label
at the top would rule out every steep curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prefdata.label_audit.claims.reading import Readers
from prefdata.label_audit.claims.shape import Ranking, rows_of
from prefdata.records.arrays import Doubles

_RATES = np.concatenate([np.geomspace(0.0005, 0.04, 24), np.linspace(0.05, 0.49, 32)])
_SLOPES = np.concatenate([np.linspace(-0.6, 2.0, 27), np.linspace(2.2, 12.0, 26)])
_BLIND = np.array([0.0, 0.03, 0.1])
"""Shares of rows of which the models see nothing; each as likely as the others."""
_SPREAD, _LOWEST = 0.25, -0.3
_TAIL = 0.05


@dataclass(frozen=True)
class RowAnswer:
    """What was answered of the row at a `place`."""

    place: int
    is_wrong: bool


@dataclass(frozen=True)
class RowChances:
    """P(wrong) of n rows: `mean` (n), and the 5% and 95% ends (n) over what is not known.

    `rate`: of all rows, posterior mean.
    """

    mean: Doubles
    low: Doubles
    high: Doubles
    rate: float


def chances(
    ranking: Ranking, answers: Sequence[RowAnswer], readers: Readers, lowest: float, highest: float
) -> RowChances:
    """P(wrong) of every row; E lies between `lowest` and `highest`, as far as anybody knows."""
    steps = ranking.steps
    rates = _RATES[(lowest <= _RATES) & (highest >= _RATES)]
    if not len(rates):
        rates = np.array([max((lowest + highest) / 2, _RATES[0])])
    seen = np.stack([steps.curves(rate, _SLOPES) for rate in rates])  # (rates, slopes, k)
    blind = _BLIND[:, None, None, None]
    curves = (1 - blind) * seen + blind * rates[:, None, None]  # (blind, rates, slopes, k)
    weights = np.log(np.stack([_prior(ranking, rates, part) for part in curves]) + 1e-300)
    places = np.array([answer.place for answer in answers], np.int64)
    is_wrong = np.array([answer.is_wrong for answer in answers], np.bool_)
    scores = ranking.scores[ranking.ranks[places]] if len(places) else np.zeros(0)
    flat = curves.reshape(-1, curves.shape[-1])
    at = np.searchsorted(-steps.scores, -scores, side="left").clip(0, len(steps.scores) - 1)
    for step, wrong in zip(at.tolist(), is_wrong.tolist(), strict=True):
        called = readers.alarms + (1 - readers.alarms - readers.misses) * flat[:, step]
        weights += np.log(np.clip(called if wrong else 1 - called, 1e-12, 1)).reshape(weights.shape)
    posterior = np.exp(weights - weights.max()).reshape(-1)
    posterior /= posterior.sum()
    mean = posterior @ flat
    order = np.argsort(flat, axis=0)
    heaped = np.cumsum(posterior[order], axis=0)
    low, high = (_quantile(flat, order, heaped, tail) for tail in (_TAIL, 1 - _TAIL))
    by_rate = posterior.reshape(weights.shape).sum(axis=(0, 2))
    return RowChances(
        mean=rows_of(ranking, mean),
        low=rows_of(ranking, np.minimum(low, mean)),  # of what is skewed, the mean lies outside
        high=rows_of(ranking, np.maximum(high, mean)),
        rate=float(by_rate @ rates),
    )


def _prior(ranking: Ranking, rates: Doubles, curves: Doubles) -> Doubles:
    """The prior of each curve (rates, slopes)."""
    of_rate = rates**-0.5 * (1 - rates) ** 4 * np.gradient(rates) if len(rates) > 1 else np.ones(1)
    means = ranking.steps.mean_scores(curves)
    coins = np.array([ranking.coin_score(float(rate)) for rate in rates])[:, None]
    near = np.exp(-0.5 * ((means - coins) / _SPREAD) ** 2) / (_SPREAD * np.sqrt(2 * np.pi))
    room = np.maximum(coins - _LOWEST, 0.05)
    below = ((means >= _LOWEST) & (means <= coins)) / room
    spacing = np.abs(np.gradient(means, axis=1))
    return np.asarray(of_rate[:, None] * (near + below) / 2 * spacing, np.float64)


def _quantile(flat: Doubles, order: np.ndarray, heaped: Doubles, share: float) -> Doubles:
    at = (heaped < share).sum(axis=0).clip(0, len(flat) - 1)
    columns = np.arange(flat.shape[1])
    return np.asarray(flat[order[at, columns], columns], np.float64)
