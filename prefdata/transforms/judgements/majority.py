"""The majority: for each item the answer of most judges, and how many agree with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.transforms.judgements.votes import Votes

ROUNDING = 1e-9
"""Sums of weights that differ by less are equal."""


@dataclass(frozen=True)
class Majority:
    """What most judges say of each item; numbers of an item without votes are 0.

    `first`, `second`, `tie` (items): the share of the votes, by weight. `side` (items): 1 where
    first is better, -1 second, 0 a tie. `agreement` (items): share of the votes that agree with it;
    where one of the two is a tie, half. `mean` (items): the mean verdict, from -1 to 1, which is
    the strength and direction of the preference. `judges` (items): the weight of all votes.
    """

    first: Doubles
    second: Doubles
    tie: Doubles
    side: Ints
    agreement: Doubles
    mean: Doubles
    judges: Doubles


def majority(votes: Votes) -> Majority:
    """The majority of each item.

    A side wins if it has more votes than the other and no fewer than `tie`; otherwise, and where
    both sides have as many votes, the item is a tie.
    """
    first, tie, second = sums_by_side(votes)
    total = first + tie + second
    mean = np.bincount(votes.item, votes.weight * votes.verdict, votes.items)
    side = winning(first, tie, second)
    held = np.where(side > 0, first, np.where(side < 0, second, tie))
    opposed = np.where(side > 0, second, np.where(side < 0, first, 0))
    agreeing = held + (total - held - opposed) / 2
    share = np.where(total > 0, total, 1)
    return Majority(
        first=first / share,
        second=second / share,
        tie=tie / share,
        side=side,
        agreement=agreeing / share,
        mean=mean / share,
        judges=total,
    )


def winning(first: Doubles, tie: Doubles, second: Doubles) -> Ints:
    """The side with most votes (n): 1 first, -1 second, 0 a tie; see `majority`."""
    ahead = np.where(first > second, 1, -1) * (np.abs(first - second) > ROUNDING)
    return (ahead * (np.maximum(first, second) >= tie - ROUNDING)).astype(np.int64)


def sums_by_side(votes: Votes) -> tuple[Doubles, Doubles, Doubles]:
    """The weight of the votes for first, tie and second of each item (items)."""
    side = votes.side
    first, tie, second = (
        np.bincount(votes.item, votes.weight * (side == each), votes.items).astype(np.float64)
        for each in (1, 0, -1)
    )
    return first, tie, second


def unanimous(votes: Votes) -> Flags:
    """Whether all votes on an item are on the same side (items); False without votes."""
    answers = (np.stack(sums_by_side(votes)) > 0).sum(axis=0)
    return np.asarray(answers == 1)
