"""The class of each label: what models make of it that have seen no label of its group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.judge.judged import CLASSES
from prefdata.records.arrays import Doubles, Floats

AGREES, AMBIGUOUS, UNCERTAIN, DISAGREES, FLIPPED = range(len(CLASSES))

EVEN = float(np.log(0.6 / 0.4))
"""Log odds of 0.6: below it, the sides of a pair count as equally good."""
SURE = 2.0
"""Standard deviations that a margin must differ from 0 by."""


@dataclass(frozen=True)
class HeldOutMargins:
    """What models say of n pairs, by which labels are classified.

    `margin`, `spread` (n): the calibrated margin and its standard deviation over repeats. `views`
    (views, n): calibrated margins of each view.
    """

    margin: Doubles
    spread: Doubles
    views: Floats


def classes_of(held_out: HeldOutMargins) -> npt.NDArray[np.int8]:
    """Class numbers in CLASSES (n).

    Ambiguous: by all views together the sides are equal. Model-uncertain: repeats differ in the
    sign, or one view is surer of the opposite than all views together are. Else models agree or
    disagree with the label. Nothing here says that a label is wrong: only answers of people can.
    """
    size, reach = np.abs(held_out.margin), SURE * held_out.spread
    is_even = size + reach <= EVEN
    return np.select(
        [
            opposed(held_out) > np.maximum(size, EVEN),
            is_even,
            size < reach,
            held_out.margin < 0,
        ],
        [UNCERTAIN, AMBIGUOUS, UNCERTAIN, DISAGREES],
        AGREES,
    ).astype(np.int8)


def opposed(held_out: HeldOutMargins) -> Doubles:
    """Log odds (n) of the view that contradicts all views together most; 0 if none does."""
    against = -np.sign(held_out.margin) * held_out.views
    return np.asarray(against.max(axis=0, initial=0.0), np.float64)
