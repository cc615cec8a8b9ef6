"""The class of each label, from evidence that was computed without labels of its own group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.judge.judged import CLASSES
from prefdata.records.arrays import Doubles, Floats

SOUND, FLIPPED, AMBIGUOUS, UNCERTAIN, SHORTCUT = range(len(CLASSES))

EVEN = float(np.log(0.6 / 0.4))
"""Log odds of 0.6: below it, the sides of a pair count as equally good."""
SURE = 2.0
"""Standard deviations that a margin must differ from 0 by."""


@dataclass(frozen=True)
class Evidence:
    """The evidence on n pairs, by which labels are classified.

    `p_flip`, `p_by_controls` (n): P(flip) by all views and by controls alone. `content` (content
    views, n): margins after removal of the controls' effect. `margin`, `spread` (n): the calibrated
    margin and its standard deviation over repeats. `views` (views, n): calibrated margins of each
    view.
    """

    p_flip: Doubles
    p_by_controls: Doubles
    content: Floats
    margin: Doubles
    spread: Doubles
    views: Floats


def classes_of(evidence: Evidence, likely: float) -> npt.NDArray[np.int8]:
    """Class numbers in CLASSES (n); a P(flip) above `likely` is evidence against a label.

    Likely flipped: all views together are against the label, and so is every content view after
    removal of the controls' effect. Shortcut-contradicting: all views together or the controls are
    against it, and the content views do not confirm it; without content views, every label that
    they are against. Model-uncertain: repeats differ in the sign, or one view is surer of the
    opposite than all views together are. Ambiguous: by all views together the sides are equal.
    """
    is_against = evidence.p_flip > likely
    agrees = content_agrees(evidence.content)
    by_controls = evidence.p_by_controls > likely
    size, reach = np.abs(evidence.margin), SURE * evidence.spread
    is_even = size + reach <= EVEN
    return np.select(
        [
            is_against & agrees,
            is_against | (by_controls & ~agrees),
            opposed(evidence) > np.maximum(size, EVEN),
            is_even,
            size < reach,
        ],
        [FLIPPED, SHORTCUT, UNCERTAIN, AMBIGUOUS, UNCERTAIN],
        SOUND,
    ).astype(np.int8)


def opposed(evidence: Evidence) -> Doubles:
    """Log odds (n) of the view that contradicts all views together most; 0 if none does."""
    against = -np.sign(evidence.margin) * evidence.views
    return np.asarray(against.max(axis=0, initial=0.0), np.float64)


def content_agrees(content: Floats) -> npt.NDArray[np.bool_]:
    """Pairs (n) whose label all content views (views, n) contradict; none without such views."""
    if not len(content):
        return np.zeros(content.shape[1], np.bool_)
    return np.asarray((content < 0).all(axis=0), np.bool_)
