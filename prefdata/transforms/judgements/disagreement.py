"""How far judges agree on two completions, and the evidence for the verdict `disagreement`."""

from __future__ import annotations

from dataclasses import dataclass

from prefdata.results.sentences import Sentence
from prefdata.transforms.judgements.majority import sums_by_side
from prefdata.transforms.judgements.votes import Votes, judges_of_items

DISAGREEMENT = "disagreement"


@dataclass(frozen=True)
class VotesOnPair:
    """The votes on two completions, by weight: for the one, for neither, for the other. `judges`:
    how many there are."""

    held: float
    undecided: float
    opposed: float
    judges: int

    @property
    def agreement(self) -> float:
        """The share of the votes for the one completion (0 to 1); half of those for neither."""
        return (self.held + self.undecided / 2) / (self.held + self.undecided + self.opposed)

    @property
    def turned(self) -> VotesOnPair:
        """The same votes, seen from the other completion."""
        return VotesOnPair(self.opposed, self.undecided, self.held, self.judges)

    def dispute(self, least: float) -> Sentence | None:
        """The evidence that judges agree too little with a label for the one completion.

        None if their agreement is `least` or more, or if there is one judge.

        >>> print(VotesOnPair(2, 0, 1, judges=3).dispute(0.75))
        2 of 3 judges for this label, 1 against it, 0 undecided: agreement 0.67, below 0.75
        """
        if self.judges < 2 or self.agreement >= least:
            return None
        return Sentence(
            "judges.disagree",
            held=round(self.held, 2),
            judges=self.judges,
            opposed=round(self.opposed, 2),
            undecided=round(self.undecided, 2),
            agreement=self.agreement,
            least=least,
        )


def votes_on_pairs(votes: Votes) -> list[VotesOnPair]:
    """The votes on each item (items), seen from its first completion; of items with votes."""
    judges = judges_of_items(votes)
    first, tie, second = sums_by_side(votes)
    columns = (each.tolist() for each in (first, tie, second, judges))
    return [VotesOnPair(*cells) for cells in zip(*columns, strict=True)]
