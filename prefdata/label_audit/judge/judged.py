"""What an audit says of every pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Floats
from prefdata.results.audit import LabelClass, Power, Prior
from prefdata.results.sentences import SentenceField

CLASSES: tuple[LabelClass, ...] = get_args(LabelClass)
"""By number: `Judged.classes` holds these."""


@dataclass(frozen=True)
class Judged:
    """n pairs, as recorded; all numbers are held out (`view.View`).

    `names`, `weights` (views): of the views and their coefficients in the stack. `margins` (views,
    repeats, n): of each view by itself, calibrated. `stacked` (repeats, n): calibrated reward
    margin of all views together; `margin` (n): that of their mean over repeats; `spread` (n): the
    standard deviation of `stacked` over repeats. `content` (content views, n): margins of content
    views once controls are taken out, of no certain unit. `shuffled` (n): stacked margins of models
    trained on labels without meaning. `p_label` (n): probability of the label that was observed.
    `p_flip` (n): probability that the label is the wrong way round, in the middle of the prior;
    `p_low`, `p_high` (n): the least and the most of it there and at the ends of the prior.
    `classes` (n): numbers in CLASSES. `is_judged`: whether the self-test allows to speak of single
    rows; if not, `why_not` says why, and `classes` is 0 throughout.
    """

    names: tuple[str, ...]
    weights: Doubles
    margins: Floats
    stacked: Floats
    margin: Doubles
    spread: Doubles
    content: Floats
    shuffled: Doubles
    p_label: Doubles
    p_flip: Doubles
    p_low: Doubles
    p_high: Doubles
    classes: npt.NDArray[np.int8]
    prior: Prior
    power: Power
    is_judged: bool
    why_not: SentenceField | None = None
