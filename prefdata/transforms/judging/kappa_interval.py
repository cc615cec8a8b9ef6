"""Cohen's kappa of two answers on the same pairs, with an interval by a bootstrap of prompts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.judging import KappaEstimate
from prefdata.results.sentences import Sentence
from prefdata.transforms.metrics.bootstrap import CELLS, LEVEL, Bootstrap

_SIDES = 3
_MOST = 1e-12  # of chance that is certainty


def kappa_interval(
    one: Ints, other: Ints, prompt: Ints, draw: Bootstrap, *, orders: bool
) -> KappaEstimate:
    """Kappa of two answers (n, n: 1, 0 or -1), unweighted; prompts (n) are resampled whole.

    Which completion is called first is a convention, so chance is that of both ways. `orders`: the
    answers are verdicts of one judge, with the first completion shown first and with the second
    shown first, which change places with the completions; chance is then what the judge's share for
    the first place makes of it. Null where chance alone makes all equal. Cohen, "A coefficient of
    agreement for nominal scales" (1960).
    """
    if not len(one):
        return _absent(0, 0, "metrics.no-pairs")
    _, member = np.unique(prompt, return_inverse=True)
    groups = int(member.max()) + 1
    table = np.zeros((groups, _SIDES**2))
    np.add.at(table, (member, _cell(one, other)), 1.0)
    np.add.at(table, (member, _cell(-other, -one) if orders else _cell(-one, -other)), 1.0)
    value = float(_kappa(table.sum(axis=0)[None])[0])
    if np.isnan(value):
        return _absent(len(one), groups, "agreement.one-answer")
    if groups == 1:
        return _absent(len(one), groups, "agreement.one-prompt", value)
    tail = (1 - LEVEL) / 2
    drawn = _resampled(table, groups, draw)
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (value, value)
    return KappaEstimate(
        pairs=len(one), prompts=groups, value=value, low=float(low), high=float(high)
    )


def _cell(one: Ints, other: Ints) -> Ints:
    return (one + 1) * _SIDES + other + 1


def _resampled(table: Doubles, groups: int, draw: Bootstrap) -> Doubles:
    """Kappas of resamples; prompts with the same answers are drawn together."""
    kinds, counts = np.unique(table, axis=0, return_counts=True)
    random = np.random.default_rng(draw.seed)
    most = max(CELLS // len(kinds), 1)
    found = []
    for start in range(0, draw.resamples, most):
        rows = min(most, draw.resamples - start)
        drawn = random.multinomial(groups, counts / groups, size=rows).astype(np.float64)
        found.append(_kappa(drawn @ kinds))
    return np.concatenate(found)


def _kappa(cells: npt.NDArray[np.float64]) -> Doubles:
    """Kappas (r) of tables (r, 9)."""
    shares = cells.reshape(-1, _SIDES, _SIDES)
    shares = shares / shares.sum(axis=(1, 2), keepdims=True)
    observed = np.einsum("rii->r", shares)
    chance = np.einsum("ri,ri->r", shares.sum(axis=2), shares.sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa: Doubles = np.where(1 - chance > _MOST, (observed - chance) / (1 - chance), np.nan)
    return kappa


def _absent(pairs: int, prompts: int, why: str, value: float | None = None) -> KappaEstimate:
    return KappaEstimate(
        pairs=pairs, prompts=prompts, value=value, low=None, high=None, absent=Sentence(why)
    )
