"""What is said of each label, from numbers that no label of its own group has touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.audit.judged import CLASSES, Doubles
from prefdata.audit.view import Floats

SOUND, FLIPPED, AMBIGUOUS, UNCERTAIN, SHORTCUT = range(len(CLASSES))

EVEN = float(np.log(0.6 / 0.4))
"""Log odds: sides that are preferred by no more than six in ten are about equal."""
SURE = 2.0
"""Standard deviations."""


@dataclass(frozen=True)
class Evidence:
    """Of n pairs: P(flip) by all views and by controls alone, `content` (views, n) once controls
    are taken out, the calibrated margin, and its standard deviation."""

    p_flip: Doubles
    p_by_controls: Doubles
    content: Floats
    margin: Doubles
    spread: Doubles


def classes_of(evidence: Evidence, likely: float) -> npt.NDArray[np.int8]:
    """Numbers in CLASSES (n); P(flip) speaks against a label from `likely` on.

    Likely flipped: all views together speak against the label, and every view of the content by
    itself, once controls are taken out. Shortcut-contradicting: all views or the controls speak
    against it, and the content does not bear it out; where nobody looked at the content, every
    label that is spoken against.
    """
    is_against = evidence.p_flip >= likely
    agrees = content_agrees(evidence.content)
    by_controls = evidence.p_by_controls >= likely
    size, reach = np.abs(evidence.margin), SURE * evidence.spread
    return np.select(
        [
            is_against & agrees,
            is_against | (by_controls & ~agrees),
            size + reach <= EVEN,
            size < reach,
        ],
        [FLIPPED, SHORTCUT, AMBIGUOUS, UNCERTAIN],
        SOUND,
    ).astype(np.int8)


def content_agrees(content: Floats) -> npt.NDArray[np.bool_]:
    """Where every view of the content (views, n) speaks against the label; nowhere without any."""
    if not len(content):
        return np.zeros(content.shape[1], np.bool_)
    agreed: npt.NDArray[np.bool_] = (content < 0).all(axis=0)
    return agreed
