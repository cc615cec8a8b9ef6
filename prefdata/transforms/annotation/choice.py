"""Active choice: how much one more vote on an item would tell, by Bradley-Terry.

A vote on two completions is worth what it is expected to take from the uncertainty about the gap
of their scores: half the logarithm of 1 + variance x p(1 - p), where the variance is that of the
gap (by the diagonal of the Fisher information) and p the probability of either answer. So items
come first that nobody has judged, then close ones; last comes what follows from other items of the
prompt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.transforms.annotation.arrays import Comparisons
from prefdata.transforms.judgements.bradley_terry import PENALTY, BradleyTerry, bradley_terry
from prefdata.transforms.judgements.votes import pairs_within


def gains(completions: Sequence[Sequence[int]], compared: Comparisons) -> Doubles:
    """What another vote on each item would tell (items), in nats for each two completions.

    `completions` (items): indices of the completions of each item.
    """
    count = max((each for item in completions for each in item), default=-1) + 1
    count = max(count, compared.pairs.completions)
    scores, variance = np.zeros(count), np.full(count, 1 / PENALTY)
    if len(compared.votes):
        model = bradley_terry(compared.votes, compared.pairs)
        judged = compared.pairs.completions
        scores[:judged] = model.scores
        variance[:judged] = 1 / (PENALTY + _information(compared, model))
    return _mean_gains(completions, scores, variance)


def _information(compared: Comparisons, model: BradleyTerry) -> Doubles:
    """What the votes tell about the score of each completion (completions)."""
    votes, pairs = compared.votes, compared.pairs
    trust = np.clip(2 * model.reliability[votes.judge] - 1, 0, 1)
    spread = (model.probability * (1 - model.probability))[votes.item]
    told = np.bincount(votes.item, votes.weight * trust**2 * spread, votes.items)
    sums: Doubles = np.bincount(pairs.first, told, pairs.completions).astype(np.float64)
    return sums + np.bincount(pairs.second, told, pairs.completions)


def _mean_gains(
    completions: Sequence[Sequence[int]], scores: Doubles, variance: Doubles
) -> Doubles:
    of = np.repeat(np.arange(len(completions)), [len(item) for item in completions])
    flat: Ints = np.array([each for item in completions for each in item], np.int64)
    one, other, _ = pairs_within(of)
    gap = scores[flat[one]] - scores[flat[other]]
    spread = 1 / (2 + 2 * np.cosh(np.clip(gap, -500, 500)))
    gain = np.log1p((variance[flat[one]] + variance[flat[other]]) * spread) / 2
    pairs = np.bincount(of[one], minlength=len(completions))
    sums = np.bincount(of[one], gain, len(completions))
    return sums / np.maximum(pairs, 1)
