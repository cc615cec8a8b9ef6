"""Judging the label of every pair: margins of all views, stacked, calibrated and classified."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.calibrate import calibrated
from prefdata.label_audit.judge.classes import HeldOutMargins, classes_of
from prefdata.label_audit.judge.content import without_controls
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.judge.power import ALL, FEWEST, SHUFFLED, power_of
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.views.plans import plan_of
from prefdata.label_audit.views.view import JudgingPlan, Progress, View
from prefdata.records.arrays import Doubles, Floats, Ints
from prefdata.results.audit import Detection, Power
from prefdata.results.sentences import Sentence
from prefdata.transforms.metrics.baselines import log_ratios
from prefdata.transforms.metrics.pairwise import sigmoid

_PARTS = 1000  # units of progress per view


def judge(
    views: Sequence[View],
    groups: Ints,
    lengths: tuple[Ints, Ints],
    config: AuditConfig,
    *,
    progress: Progress | None = None,
) -> Judged:
    """Judges n pairs in `groups` (n); `lengths`: characters of chosen (n) and of rejected (n).

    Raises DataError if there are too few groups to learn anything (`plans.why_too_few`).
    """
    plan = plan_of(groups, config)
    margins = _margins(views, plan, progress)
    return judged_from(views, margins, plan, groups, lengths, config)


def judged_from(
    views: Sequence[View],
    margins: Floats,
    plan: JudgingPlan,
    groups: Ints,
    lengths: tuple[Ints, Ints],
    config: AuditConfig,
) -> Judged:
    """Judges pairs, like `judge`, from margins (views, variants, repeats, n) computed before."""
    stack = stacked(margins, plan)
    together = stack.margins.mean(axis=1, dtype=np.float64)
    links = calibrated(together[0], plan.labels[0], plan.folds[0])
    repeats, margin = links.log_odds(stack.margins[0]), links.log_odds(together[0])
    alone = _alone(margins[:, 0], plan)
    by_view = {
        view.name: view_margins.mean(axis=1)
        for view, view_margins in zip(views, margins, strict=True)
    }
    power = power_of({ALL: together, **by_view}, plan, groups, lengths, config.self_test)
    p_label, spread = sigmoid(margin), repeats.std(axis=0)
    own = margins[:, 0].mean(axis=1)
    is_content = np.array([view.is_content for view in views])
    ratios = log_ratios(*lengths)
    content = without_controls(own[is_content], [*own[~is_content], ratios], plan.folds[0])
    why_not = why_not_judged(power)
    classes = np.zeros(len(groups), np.int8)
    if why_not is None:
        classes = classes_of(HeldOutMargins(margin, spread, alone.mean(axis=1)))
    return Judged(
        names=tuple(view.name for view in views),
        weights=stack.weights,
        margins=alone,
        without=_without_each(margins, plan),
        stacked=repeats.astype(np.float32),
        margin=margin,
        spread=spread,
        content=content,
        shuffled=together[-1],
        p_label=p_label,
        classes=classes,
        power=power,
        is_judged=why_not is None,
        why_not=why_not,
    )


def _margins(views: Sequence[View], plan: JudgingPlan, progress: Progress | None) -> Floats:
    """Margins of all views (views, variants, repeats, n)."""
    margins = []
    for number, view in enumerate(views):
        margins.append(view.margins(plan, _part(progress, number, len(views))))
    return np.stack(margins)


def _part(progress: Progress | None, number: int, views: int) -> Progress | None:
    """Reports the progress of one view as its share of the whole."""
    if progress is None:
        return None
    whole = progress
    return lambda done, total: whole(
        number * _PARTS + done * _PARTS // max(total, 1), views * _PARTS
    )


def _without_each(margins: Floats, plan: JudgingPlan) -> Doubles:
    """Stacked margins (views, n) of all views but one, on the labels as recorded; 0 of none."""
    recorded = JudgingPlan(plan.labels[:1], plan.folds)
    others = [np.delete(margins[:, :1], view, axis=0) for view in range(len(margins))]
    return np.stack(
        [
            stacked(own, recorded).margins[0].mean(axis=0, dtype=np.float64)
            if len(own)
            else np.zeros(margins.shape[-1])
            for own in others
        ]
    )


def _alone(margins: Floats, plan: JudgingPlan) -> Floats:
    """Calibrated margins (views, repeats, n) of each view by itself, on the labels as recorded."""
    calibrated_margins = [
        calibrated(own.mean(axis=0), plan.labels[0], plan.folds[0]).log_odds(own) for own in margins
    ]
    return np.stack(calibrated_margins).astype(np.float32)


def why_not_judged(power: Power) -> Sentence | None:
    """Why single rows are not judged, with the numbers; None if they are."""
    detection, null = power.detections[0], _named(power, SHUFFLED)
    if detection.auroc is None or detection.low is None or detection.high is None:
        pairs = math.ceil(FEWEST / power.flips / power.copies)
        return Sentence("not-judged.few-flips", planted=power.planted, least=FEWEST, pairs=pairs)
    measured = Sentence(
        "power.auroc", auroc=detection.auroc, low=detection.low, high=detection.high
    )
    if not power.is_enough:
        return Sentence("not-judged.weak", seen=measured, least=power.at_least)
    if null.auroc is not None and null.auroc >= detection.low:
        return Sentence("not-judged.no-better", seen=measured, null=null.auroc)
    return None


def _named(power: Power, name: str) -> Detection:
    return next(detection for detection in power.detections if detection.name == name)
