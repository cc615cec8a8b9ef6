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
from prefdata.transforms.judgements.bradley_terry import PENALTY, BradleyTerry, bradley_terry
from prefdata.transforms.judgements.votes import Items, Votes, pairs_within, votes_of_scores


def gains(
    completions: Sequence[Sequence[int]],
    ballots: Sequence[tuple[int, Sequence[float]]],
    judges: Sequence[int],
) -> Doubles:
    """What another vote on each item would tell (items), in nats for each two completions.

    `completions` (items): indices of the completions of each item, the same one in several items of
    a prompt. `ballots` (n): item and a score for each of its completions, NaN without opinion.
    `judges` (n): index of the judge of each ballot.
    """
    count = max((each for item in completions for each in item), default=-1) + 1
    scores, variance = np.zeros(count), np.full(count, 1 / PENALTY)
    if ballots:
        items, votes = _votes(completions, ballots, judges)
        model = bradley_terry(votes, items)
        scores[: items.completions] = model.scores
        information = PENALTY + _information(votes, items, model)
        variance[: items.completions] = 1 / information
    return _mean_gains(completions, scores, variance)


def _votes(
    completions: Sequence[Sequence[int]],
    ballots: Sequence[tuple[int, Sequence[float]]],
    judges: Sequence[int],
) -> tuple[Items, Votes]:
    sizes = [len(scores) for _, scores in ballots]
    return votes_of_scores(
        np.repeat(np.arange(len(ballots)), sizes),
        np.array([each for item, _ in ballots for each in completions[item]], np.int64),
        np.array([score for _, scores in ballots for score in scores], np.float64),
        np.asarray(judges, np.int64),
    )


def _information(votes: Votes, items: Items, model: BradleyTerry) -> Doubles:
    """What the votes tell about the score of each completion (completions)."""
    trust = np.clip(2 * model.reliability[votes.judge] - 1, 0, 1)
    spread = (model.probability * (1 - model.probability))[votes.item]
    told = np.bincount(votes.item, votes.weight * trust**2 * spread, votes.items)
    sums: Doubles = np.bincount(items.first, told, items.completions)
    return sums + np.bincount(items.second, told, items.completions)


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
