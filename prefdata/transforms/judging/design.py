"""Which pairs are judged: all, or as many as a budget allows, those that tell most.

A budget goes first into a path through the completions of each prompt, so that all of them can be
compared (its first step for every prompt, then its second), then in rounds into the pairs of which
Bradley-Terry is least sure (see `transforms.annotation.choice`). Nothing is drawn: the same
verdicts lead to the same pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from prefdata.records.arrays import Ints
from prefdata.transforms.annotation.arrays import Comparisons
from prefdata.transforms.annotation.choice import gains
from prefdata.transforms.judgements.votes import Items, votes_of
from prefdata.transforms.judging.combined import OneVerdict

Pair = tuple[int, int, int]
"""A prompt, and two of its completions, by number; the first is the smaller number."""


def all_pairs(sizes: Sequence[int]) -> list[Pair]:
    """Every two completions of every prompt. `sizes` (prompts): completions of each."""
    return [
        (prompt, a, b) for prompt, size in enumerate(sizes) for a, b in combinations(range(size), 2)
    ]


def connecting_pairs(sizes: Sequence[int]) -> list[Pair]:
    """A path through the completions of every prompt: one pair less than it has completions."""
    return [(prompt, a, b) for prompt, size in enumerate(sizes) for a, b in pairwise(range(size))]


@dataclass(frozen=True)
class BudgetPlan:
    """How a budget is spent. `first`: pairs judged before anything is known. `cut`: pairs that
    would connect the completions of prompts, and for which the budget is too small. `rounds`: the
    pairs of each further round."""

    first: list[Pair]
    cut: list[Pair]
    rounds: tuple[int, ...]


def spending(sizes: Sequence[int], budget: int, rounds: int) -> BudgetPlan:
    """Divides a budget of pairs; no more than there are.

    >>> spending([3, 3], 6, 2).rounds
    (1, 1)
    >>> spending([3, 3], 3, 2).first
    [(0, 0, 1), (1, 0, 1), (0, 1, 2)]
    """
    needed = sorted(connecting_pairs(sizes), key=lambda pair: (pair[1], pair[0]))
    every = sum(size * (size - 1) // 2 for size in sizes)
    left = min(budget, every) - len(needed)
    if left <= 0:
        return BudgetPlan(needed[:budget], needed[budget:], ())
    parts = (left * (number + 1) // rounds - left * number // rounds for number in range(rounds))
    return BudgetPlan(needed, [], tuple(part for part in parts if part))


def most_telling(
    sizes: Sequence[int],
    judged: Mapping[Pair, Sequence[OneVerdict]],
    count: int,
) -> list[Pair]:
    """The `count` pairs, among those not in `judged`, whose verdict is expected to tell most.

    `judged`: pairs that were asked about, with the verdicts that could be read.
    """
    left = [pair for pair in all_pairs(sizes) if pair not in judged]
    starts = np.cumsum([0, *sizes])
    places = [(int(starts[prompt]) + a, int(starts[prompt]) + b) for prompt, a, b in left]
    telling = gains(places, _comparisons(judged, starts))
    order = np.argsort(-np.round(telling, 9), kind="stable")[:count]
    return [left[at] for at in sorted(order.tolist())]


def _comparisons(judged: Mapping[Pair, Sequence[OneVerdict]], starts: Ints) -> Comparisons:
    pairs = [pair for pair, verdicts in judged.items() if verdicts]
    rows = [
        (item, verdict.side if verdict.grade is None else verdict.grade)
        for item, pair in enumerate(pairs)
        for verdict in judged[pair]
    ]
    item = np.array([at for at, _ in rows], np.int64)
    value = np.array([said for _, said in rows], np.float64)
    prompt = np.array([pair[0] for pair in pairs], np.int64)
    first = np.array([starts[pair[0]] + pair[1] for pair in pairs], np.int64)
    second = np.array([starts[pair[0]] + pair[2] for pair in pairs], np.int64)
    votes = votes_of(item, np.zeros(len(item), np.int64), value, items=len(pairs), judges=1)
    return Comparisons(votes, Items(first, second, int(starts[-1])), (0,), prompt)
