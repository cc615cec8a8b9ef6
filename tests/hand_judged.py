"""A judgement made by hand: classes and probabilities that a test asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.results.audit import LabelClass, Power, Prior


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
    p_flip: Sequence[float] | None = None,
    *,
    is_judged: bool = True,
) -> Judged:
    """One view, one repeat; `p_flip` 0.5 where none is given, its ends 0.1 away."""
    count = len(classes)
    flip = np.full(count, 0.5) if p_flip is None else np.array(p_flip, np.float64)
    wide = np.zeros((1, count), np.float32)
    return Judged(
        names=("controls",),
        weights=np.ones(1),
        margins=wide[None],
        stacked=wide,
        margin=np.zeros(count),
        spread=np.full(count, 0.25),
        content=wide,
        shuffled=np.zeros(count),
        p_label=np.full(count, 0.5),
        p_flip=flip,
        p_low=flip - 0.1,
        p_high=flip + 0.1,
        classes=np.array([CLASSES.index(name) for name in classes], np.int8),
        prior=Prior(low=0.0, high=0.1, made="by hand"),
        power=power(is_enough=is_judged),
        is_judged=is_judged,
        why_not=None if is_judged else "AUROC .55",
    )
