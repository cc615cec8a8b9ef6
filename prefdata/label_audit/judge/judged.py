"""The result of an audit for every pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.claims.shape import Ranking
from prefdata.records.arrays import Doubles, Floats
from prefdata.results.audit import LabelClass, Power
from prefdata.results.sentences import SentenceField

CLASSES: tuple[LabelClass, ...] = get_args(LabelClass)
"""The label classes; `Judged.classes` holds their numbers."""


@dataclass(frozen=True)
class Judged:
    """n pairs, as recorded; all numbers are held out (`view.View`).

    `names`, `weights` (views): the views and their coefficients in the stack. `margins` (views,
    repeats, n): calibrated margins of each view by itself. `without` (views, n): stacked margins of
    all views but one, uncalibrated. `stacked` (repeats, n): calibrated reward margins of all views
    together; `margin` (n): that of their mean over repeats; `spread` (n): the standard deviation of
    `stacked` over repeats. `content` (content views, n): margins of content views after removal of
    the controls' effect, uncalibrated. `shuffled` (n): stacked margins of models trained on labels
    random by group. `p_label` (n): probability of the observed label. `classes` (n): numbers in
    CLASSES. `is_judged`: whether the self-test allows single rows to be judged; if not, `why_not`
    says why, and all `classes` are 0.
    """

    names: tuple[str, ...]
    weights: Doubles
    margins: Floats
    without: Doubles
    stacked: Floats
    margin: Doubles
    spread: Doubles
    content: Floats
    shuffled: Doubles
    p_label: Doubles
    classes: npt.NDArray[np.int8]
    power: Power
    is_judged: bool
    why_not: SentenceField | None = None

    @property
    def ranking(self) -> Ranking:
        """The pairs by how far models speak against their labels."""
        return Ranking(self.margin)
