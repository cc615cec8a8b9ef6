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
]
"""likeliest: the likeliest flips, all of them. all: a random sample of all rows, where single rows
were not judged. The others: a random sample of a class (`results.audit.LabelClass`)."""

STRATA: tuple[Stratum, ...] = get_args(Stratum)


class Drawn(NamedTuple):
    """How a row was sampled for a review sheet.

    `stratum`: the one it was drawn from. `rows`: rows in this stratum. `total`: rows in all strata.
    `design`: a number that identifies the sheet.
    """

    stratum: Stratum
    rows: int
    total: int
    design: int
