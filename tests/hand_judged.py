"""A judgement made by hand: classes and margins that a test asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.results.audit import LabelClass, Power
from prefdata.transforms.metrics.pairwise import sigmoid


def power(*, is_enough: bool) -> Power:
    """A self-test without a number."""
    return Power(
        flips=0.05,
        copies=1,
        planted=0,
        detections=(),
        at_k=(),
        theory=None,
        at_least=0.6,
        is_enough=is_enough,
    )


def judged(
    classes: Sequence[LabelClass],
    margins: Sequence[float] | None = None,
    *,
    is_judged: bool = True,
) -> Judged:
    """One view, one repeat; `margins` 0 where none are given: rows are ranked as they stand."""
    count = len(classes)
    margin = np.zeros(count) if margins is None else np.array(margins, np.float64)
    wide = np.zeros((1, count), np.float32)
    return Judged(
        names=("controls",),
        weights=np.ones(1),
        margins=wide[None],
        without=np.zeros((1, count)),
        stacked=wide,
        margin=margin,
        spread=np.full(count, 0.25),
        content=wide,
        shuffled=np.zeros(count),
        p_label=sigmoid(margin),
        classes=np.array([CLASSES.index(name) for name in classes], np.int8),
        power=power(is_enough=is_judged),
        is_judged=is_judged,
        why_not=None if is_judged else "AUROC .55",
    )
