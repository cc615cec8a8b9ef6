"""The prior of the flip rate: an interval, since the data alone do not determine it.

The data give an upper bound. Held-out models know nothing of a pair's own label, so in whatever set
of pairs they are surest of, labels flipped at random contradict them at least at the flip rate. The
share of contradicted labels in any such set thus bounds the rate from above. The tightest bound of
several sets is used, with an error rate divided among them (Bonferroni).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.audit import PriorConfig
from prefdata.results.audit import Prior
from prefdata.results.sentences import Sentence, joined
from prefdata.results.training import Estimate

SUREST = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Sets, as shares of the pairs: those with the largest margins."""
_ERROR = 0.05
_FEWEST = 30  # groups per set


def prior_of(
    margins: npt.NDArray[Any],
    groups: npt.NDArray[np.int64],
    config: PriorConfig,
    reviewed: Estimate | None = None,
) -> Prior:
    """The interval of the flip rate for held-out `margins` (n) of pairs in `groups` (n).

    The config has precedence, then people's decisions (`reviewed`: the share of wrong labels among
    rows drawn at random), then the bound by the data.
    """
    low, high, made, count = _unconfigured(margins, groups, reviewed)
    given_ends = {"prior.low-given": config.low, "prior.high-given": config.high}
    ends = [Sentence(end) for end, value in given_ends.items() if value is not None]
    low = low if config.low is None else config.low
    high = high if config.high is None else config.high
    if len(ends) == 2:
        made = Sentence("prior.given")
    elif ends:
        made = joined(made, *ends)
    low, high = _in_order(low, high, config)
    return Prior(low=low, high=high, made=made, is_given=bool(ends), reviewed=count)


def middle(prior: Prior) -> float:
    """The mean of both ends."""
    return (prior.low + prior.high) / 2


def highest_rate(
    margins: npt.NDArray[Any], groups: npt.NDArray[np.int64]
) -> tuple[float, float, int]:
    """(upper bound of the flip rate, share of the surest pairs that gave it, pairs among them)."""
    size = np.abs(np.asarray(margins, np.float64))
    order = np.argsort(-size, kind="stable")
    contradicted = (np.asarray(margins) < 0) + 0.5 * (np.asarray(margins) == 0)
    sets = [(share, order[: round(share * len(order))]) for share in SUREST]
    sets = [
        candidate
        for candidate in sets
        if len(np.unique(groups[candidate[1]])) >= _FEWEST or candidate[0] == 1.0
    ]
    design_effect = _design_effect(contradicted, groups)
    bounds = [
        (
            _upper(contradicted[rows], groups[rows], _ERROR / len(sets), design_effect),
            share,
            len(rows),
        )
        for share, rows in sets
    ]
    bound, share, pairs = min(bounds)
    return min(bound, 0.5), share, pairs


def _unconfigured(
    margins: npt.NDArray[Any], groups: npt.NDArray[np.int64], reviewed: Estimate | None
) -> tuple[float, float, Sentence, int]:
    if reviewed is not None and reviewed.low is not None and reviewed.high is not None:
        return (
            max(reviewed.low, 0.0),
            min(reviewed.high, 0.5),
            Sentence("prior.reviewed", decisions=reviewed.pairs),
            reviewed.pairs,
        )
    high, share, pairs = highest_rate(margins, groups)
    bound = Sentence("prior.bound", high=high, pairs=pairs, share=share)
    return 0.0, high, joined(bound, Sentence("prior.from-zero")), 0


def _in_order(low: float, high: float, config: PriorConfig) -> tuple[float, float]:
    """If the ends cross, the one that the config gives moves the other."""
    if low <= high:
        return low, high
    return (low, low) if config.low is not None else (high, high)


def _upper(
    against: npt.NDArray[Any], groups: npt.NDArray[np.int64], error: float, alike: float
) -> float:
    """Upper bound of a share (Clopper and Pearson) at the effective number of pairs.

    `alike`: the design effect among all pairs, used as the least for a set of them.
    """
    from scipy.special import betaincinv

    pairs, hits = len(against), float(against.sum())
    if not pairs or hits >= pairs:
        return 1.0
    effect = min(max(alike, _design_effect(against, groups)), pairs)
    return float(betaincinv(hits / effect + 1, (pairs - hits) / effect, 1 - error))


def _design_effect(values: npt.NDArray[Any], groups: npt.NDArray[np.int64]) -> float:
    """Pairs per independent pair (Kish's design effect), since pairs of a group are correlated.

    The variance of group sums over that of independent pairs; if all values are equal, a group
    counts as one.
    """
    _, members = np.unique(groups, return_inverse=True)
    beyond = np.bincount(members.reshape(-1), weights=values - values.mean())
    alone = len(values) * values.var()
    if not alone:
        return len(values) / len(beyond)
    return max(1.0, float(beyond @ beyond / alone))
