"""Dawid-Skene: what is true of each item, and how reliable each judge is, estimated together.

The model of Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm" (Applied Statistics 28, 1979), with the classes first, second and tie, and three
differences. The two sides share their error rates and their prior, so that swapping completions
swaps the result and changes nothing else. Rates have a Dirichlet prior, so that a judge of few
votes is taken to be a decent one. And no judge counts as worse than a coin: data without known
answers look the same if everybody is wrong, and a label must not be turned round by a guess. What
a judge really reaches is reported, also below one half: his labels may be the wrong way round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.transforms.judgements.majority import sums_by_side, unanimous, winning
from prefdata.transforms.judgements.votes import Votes

FIRST, TIE, SECOND = 0, 1, 2
"""Columns of a posterior."""

_RIGHT, _BETWEEN, _WRONG = 0, 1, 2  # votes on an item that is no tie, as its winner has it
_PRIOR_SIDE = np.array([4.0, 1.0, 1.0])  # votes in advance: right, tie, wrong
_PRIOR_TIE = np.array([2.0, 2.0])  # a tie, any side
_PRIOR_CLASS = np.array([1.0, 1.0])  # a side, a tie
_LEAST = 0.51 / 0.49  # odds of a right vote against a wrong one that every judge is granted


@dataclass(frozen=True)
class DawidSkene:
    """The estimates of the model, and whether it came to rest.

    `posterior` (items, 3): probability of first, tie and second. `side` (items): the likeliest of
    them as 1, 0 and -1; where all votes are on one side, that side. `mean` (items): probability of
    first less that of second. `reliability` (judges): probability of a right vote on an item that
    is no tie; of a judge without votes that of the prior. `is_converged`: no posterior moved by
    more than the tolerance in the last of the `iterations`.
    """

    posterior: Doubles
    side: Ints
    mean: Doubles
    reliability: Doubles
    is_converged: bool
    iterations: int


def dawid_skene(votes: Votes, *, most_iterations: int = 500, tolerance: float = 1e-6) -> DawidSkene:
    """Fits the model by EM, from the shares of the votes; deterministic."""
    posterior = _shares(votes)
    moved, iterations = np.inf, 0
    counts = _counts(votes, posterior)
    while moved > tolerance and iterations < most_iterations:
        before = posterior
        posterior = _expected(votes, *_rates(counts), _log_classes(votes, posterior))
        counts = _counts(votes, posterior)
        moved = float(np.abs(posterior - before).max(initial=0.0))
        iterations += 1
    on_sides = counts[:, :3] + _PRIOR_SIDE
    first, tie, second = sums_by_side(votes)
    side = winning(posterior[:, FIRST], posterior[:, TIE], posterior[:, SECOND])
    return DawidSkene(
        posterior=posterior,
        side=np.where(unanimous(votes), winning(first, tie, second), side),
        mean=posterior[:, FIRST] - posterior[:, SECOND],
        reliability=on_sides[:, _RIGHT] / on_sides.sum(axis=1),
        is_converged=moved <= tolerance,
        iterations=iterations,
    )


def _shares(votes: Votes) -> Doubles:
    """The share of votes for each class; a third each without votes (items, 3)."""
    sums = np.stack(sums_by_side(votes), axis=1)
    total = sums.sum(axis=1, keepdims=True)
    shares: Doubles = np.where(total > 0, sums / np.where(total > 0, total, 1), 1 / 3)
    return shares


def _counts(votes: Votes, posterior: Doubles) -> Doubles:
    """Expected votes of each judge (judges, 5).

    On items with a winner: right, tie, wrong; on ties: tie, any side.
    """
    answer = 1 - votes.side
    cells = votes.judge * 3 + answer
    given = [
        np.bincount(cells, votes.weight * p, votes.judges * 3).reshape(-1, 3)
        for p in posterior[votes.item].T
    ]
    first, tie, second = given
    sides = (first[:, 0] + second[:, 2], first[:, 1] + second[:, 1], first[:, 2] + second[:, 0])
    return np.stack([*sides, tie[:, 1], tie[:, 0] + tie[:, 2]], axis=1)


def _rates(counts: Doubles) -> tuple[Doubles, Doubles]:
    """Log of the rates: (judges, 3) of right, tie, wrong, and (judges, 2) of tie, one given side.

    Right and wrong are pooled where the odds would fall below the least.
    """
    on_sides = counts[:, :3] + _PRIOR_SIDE
    on_sides = on_sides / on_sides.sum(axis=1, keepdims=True)
    decided = on_sides[:, _RIGHT] + on_sides[:, _WRONG]
    right = np.maximum(on_sides[:, _RIGHT], decided * _LEAST / (1 + _LEAST))
    sides = np.stack([right, on_sides[:, _BETWEEN], decided - right], axis=1)
    on_ties = counts[:, 3:] + _PRIOR_TIE
    on_ties = on_ties / on_ties.sum(axis=1, keepdims=True) / np.array([1, 2])
    return np.log(sides), np.log(on_ties)


def _log_classes(votes: Votes, posterior: Doubles) -> Doubles:
    """Log of the prior of first, tie and second (3), of items that somebody voted on."""
    voted = np.bincount(votes.item, minlength=votes.items) > 0
    ties = posterior[voted, TIE].sum()
    sides, tie = np.array([voted.sum() - ties, ties]) + _PRIOR_CLASS
    shares: Doubles = np.array([sides / 2, tie, sides / 2]) / (sides + tie)
    return np.log(shares)


def _expected(votes: Votes, on_sides: Doubles, on_ties: Doubles, classes: Doubles) -> Doubles:
    """The posterior of each item (items, 3)."""
    judge, side = votes.judge, votes.side
    logs = (
        on_sides[judge, 1 - side],
        on_ties[judge, np.abs(side)],
        on_sides[judge, 1 + side],
    )
    sums = [np.bincount(votes.item, votes.weight * each, votes.items) for each in logs]
    joint = np.stack(sums, axis=1) + classes
    joint = np.exp(joint - joint.max(axis=1, keepdims=True))
    posterior: Doubles = joint / joint.sum(axis=1, keepdims=True)
    return posterior
