"""What is said of each label, from numbers that no label of its own group has touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.judge.judged import CLASSES
from prefdata.records.arrays import Doubles, Floats

SOUND, FLIPPED, AMBIGUOUS, UNCERTAIN, SHORTCUT = range(len(CLASSES))

EVEN = float(np.log(0.6 / 0.4))
"""Log odds: sides of which the better one is preferred by no more than six in ten are even."""
SURE = 2.0
"""Standard deviations."""


@dataclass(frozen=True)
class Evidence:
    """Of n pairs: P(flip) by all views and by controls alone, `content` (content views, n) once
    controls are taken out, the calibrated margin and its standard deviation over repeats, and the
    calibrated margins of each view alone (`views`, (views, n))."""

    p_flip: Doubles
    p_by_controls: Doubles
    content: Floats
    margin: Doubles
    spread: Doubles
    views: Floats


def classes_of(evidence: Evidence, likely: float) -> npt.NDArray[np.int8]:
    """Numbers in CLASSES (n); P(flip) speaks against a label above `likely`.

    Likely flipped: all views together speak against the label, and every view of the content by
    itself, once controls are taken out. Shortcut-contradicting: all views or the controls speak
    against it, and the content does not bear it out; where nobody looked at the content, every
    label that is spoken against. Model-uncertain: repeats differ in the sign, or a view by itself
    is surer of the opposite than all together are. Ambiguous: all say that the sides are even.
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
    """Log odds (n) with which the view that opposes all together most speaks; 0: none does."""
    against = -np.sign(evidence.margin) * evidence.views
    return np.asarray(against.max(axis=0, initial=0.0), np.float64)


def content_agrees(content: Floats) -> npt.NDArray[np.bool_]:
    """Where every view of the content (views, n) speaks against the label; nowhere without any."""
    if not len(content):
        return np.zeros(content.shape[1], np.bool_)
    return np.asarray((content < 0).all(axis=0), np.bool_)
