"""What a person decides of a row, and how the rows of a review sheet were drawn."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

LABEL_FLIPPED = "label-flipped"


Decision = Literal["keep", "flip", "drop", "unsure"]
"""keep: the label is right. flip: it is the wrong way round. drop: the row is of no use, whatever
its label. unsure: it cannot be said."""

DECISIONS: tuple[Decision, ...] = get_args(Decision)

Stratum = Literal[
    "likeliest",
    "likely-flipped",
    "ambiguous",
    "model-uncertain",
    "shortcut-contradicting",
    "sound",
    "all",
]
"""likeliest: the likeliest flips, every one of them. all: rows of data whose rows nobody judged.
The others: rows of a class (`verdicts.audit.LabelClass`), at random."""

STRATA: tuple[Stratum, ...] = get_args(Stratum)


class Drawn(NamedTuple):
    """How a row came into a sheet: from which stratum, of how many rows, out of how many in all.

    `design`: a number that rows of one sheet share, and of another do not.
    """

    stratum: Stratum
    rows: int
    total: int
    design: int
