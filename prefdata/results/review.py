"""The decisions of a review, and the strata from which its rows were sampled."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

LABEL_FLIPPED = "label-flipped"


Decision = Literal["keep", "flip", "drop", "unsure"]
"""keep: the label is right. flip: it is the wrong way round. drop: the row is useless, whatever its
label. unsure: the person could not decide."""

DECISIONS: tuple[Decision, ...] = get_args(Decision)

Stratum = Literal[
    "likeliest",
    "likely-flipped",
    "ambiguous",
    "model-uncertain",
    "shortcut-contradicting",
    "sound",
    "all",
    "first",
    "others",
    "beyond",
]
"""first, others: drawn at random from the first rows of the ranking, and from all others. beyond:
not drawn, but chosen, so no evidence of the share in all rows. all: drawn at random where rows are
not ranked. Those before: of sheets of earlier versions, which are read still."""

STRATA: tuple[Stratum, ...] = get_args(Stratum)
TOP: Stratum = "first"
BEYOND: Stratum = "beyond"


class Drawn(NamedTuple):
    """How a row was sampled for a review sheet.

    `stratum`: the one it was drawn from. `rows`: rows in this stratum. `total`: rows in all strata.
    `design`: a number that identifies the ranking that the sheet was drawn from.
    """

    stratum: Stratum
    rows: int
    total: int
    design: int

    @property
    def sheet(self) -> tuple[int, int]:
        """What rows have in common that count together: the ranking, and how many it ranks."""
        return self.design, self.total
