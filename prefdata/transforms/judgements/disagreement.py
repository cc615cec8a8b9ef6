"""Items on which judges agree too little, with the evidence for the verdict `disagreement`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.sentences import Sentence
from prefdata.transforms.judgements.majority import sums_by_side
from prefdata.transforms.judgements.votes import Votes

DISAGREEMENT = "disagreement"


@dataclass(frozen=True)
class Disputed:
    """Items with too little agreement, ascending: their indices (n) and the evidence (n)."""

    items: Ints
    evidence: tuple[Sentence, ...]


def disputed(votes: Votes, side: Ints, agreement: Doubles, *, least: float) -> Disputed:
    """The items of two or more judges whose `agreement` is less than `least`.

    `side` (items): what the items were decided for: 1 first, 0 tie, -1 second; ties are no labels,
    and left out. `agreement` (items): 0.5 to 1 in the measure of the way that decided, such as
    `Majority.agreement`, or the probability of the side, `(1 + abs(mean)) / 2`, of the models.

    >>> from prefdata.transforms.judgements.majority import majority
    >>> from prefdata.transforms.judgements.votes import votes_of
    >>> votes = votes_of(np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([1, -1, 1]))
    >>> found = majority(votes)
    >>> print(disputed(votes, found.side, found.agreement, least=0.75).evidence[0])
    2 of 3 judges for this label, 1 against it, 0 undecided: agreement 0.67, below 0.75
    """
    first, tie, second = sums_by_side(votes)
    seen = np.unique(votes.item * max(votes.judges, 1) + votes.judge)
    judges = np.bincount(seen // max(votes.judges, 1), minlength=votes.items)
    taken = np.flatnonzero((judges > 1) & (side != 0) & (agreement < least))
    held = np.where(side > 0, first, second)
    opposed = np.where(side > 0, second, first)
    evidence = tuple(
        Sentence(
            "judges.disagree",
            held=round(float(held[item]), 2),
            judges=int(judges[item]),
            opposed=round(float(opposed[item]), 2),
            undecided=round(float(tie[item]), 2),
            agreement=float(agreement[item]),
            least=least,
        )
        for item in taken.tolist()
    )
    return Disputed(taken, evidence)
