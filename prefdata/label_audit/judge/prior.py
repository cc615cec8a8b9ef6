"""The share of labels that are the wrong way round: an interval, since data cannot tell it.

What data can tell is a bound. Held-out models know nothing of a pair's own label; whatever pairs
they are surest of, labels that were turned at random contradict them at least at the rate at which
labels are turned. So the share of contradicted labels in any such set bounds the rate from above;
the tightest bound of some sets is taken, each with an error small enough for all together.
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
"""Shares of the pairs, those with the largest margins."""
_ERROR = 0.05
_FEWEST = 30  # groups in a set


def prior_of(
    margins: npt.NDArray[Any],
    groups: npt.NDArray[np.int64],
    config: PriorConfig,
    reviewed: Estimate | None = None,
) -> Prior:
    """The interval of the flip rate for held-out `margins` (n) of pairs in `groups` (n).

    What the config says goes first, then what people decided (`reviewed`: the share of labels that
    are the wrong way round among rows drawn at random), then the bound that the data give.
    """
    low, high, made, count = _found(margins, groups, reviewed)
    given = {"prior.low-given": config.low, "prior.high-given": config.high}
    ends = [Sentence(end) for end, value in given.items() if value is not None]
    low = low if config.low is None else config.low
    high = high if config.high is None else config.high
    if len(ends) == 2:
        made = Sentence("prior.given")
    elif ends:
        made = joined(made, *ends)
    low, high = _in_order(low, high, config)
    return Prior(low=low, high=high, made=made, is_given=bool(ends), reviewed=count)


def middle(prior: Prior) -> float:
    """Half-way between the ends."""
    return (prior.low + prior.high) / 2


def highest_rate(
    margins: npt.NDArray[Any], groups: npt.NDArray[np.int64]
) -> tuple[float, float, int]:
    """(upper bound of the flip rate, share of the surest pairs that gave it, pairs among them)."""
    size = np.abs(np.asarray(margins, np.float64))
    order = np.argsort(-size, kind="stable")
    against = (np.asarray(margins) < 0) + 0.5 * (np.asarray(margins) == 0)
    sets = [(share, order[: round(share * len(order))]) for share in SUREST]
    sets = [each for each in sets if len(np.unique(groups[each[1]])) >= _FEWEST or each[0] == 1.0]
    alike = _design_effect(against, groups)
    bounds = [
        (_upper(against[rows], groups[rows], _ERROR / len(sets), alike), share, len(rows))
        for share, rows in sets
    ]
    bound, share, pairs = min(bounds)
    return min(bound, 0.5), share, pairs


def _found(
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
    """One end that is given moves the other where they would cross."""
    if low <= high:
        return low, high
    return (low, low) if config.low is not None else (high, high)


def _upper(
    against: npt.NDArray[Any], groups: npt.NDArray[np.int64], error: float, alike: float
) -> float:
    """Upper bound of a share (Clopper and Pearson), with as many pairs as the groups are worth.

    `alike`: the design effect among all pairs; that of few pairs is taken to be no less.
    """
    from scipy.special import betaincinv

    pairs, hits = len(against), float(against.sum())
    if not pairs or hits >= pairs:
        return 1.0
    effect = min(max(alike, _design_effect(against, groups)), pairs)
    return float(betaincinv(hits / effect + 1, (pairs - hits) / effect, 1 - error))


def _design_effect(values: npt.NDArray[Any], groups: npt.NDArray[np.int64]) -> float:
    """How many pairs are worth an independent one (Kish), since those of a group go together.

    The variance of group sums beside that of independent pairs; where all values are the same and
    say nothing of it, a group counts as one.
    """
    _, members = np.unique(groups, return_inverse=True)
    beyond = np.bincount(members.reshape(-1), weights=values - values.mean())
    alone = len(values) * values.var()
    if not alone:
        return len(values) / len(beyond)
    return max(1.0, float(beyond @ beyond / alone))
