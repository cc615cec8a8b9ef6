"""Judging the label of every pair: margins of all views, stacked, calibrated and classified."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.calibrate import calibrated
from prefdata.label_audit.judge.classes import Evidence, classes_of
from prefdata.label_audit.judge.content import without_controls
from prefdata.label_audit.judge.flip_probability import flip_probabilities
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.judge.power import ALL, FEWEST, SHUFFLED, length_margins, power_of
from prefdata.label_audit.judge.prior import middle, prior_of
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.views.plans import plan_of
from prefdata.label_audit.views.view import JudgingPlan, Progress, View
from prefdata.records.arrays import Doubles, Floats, Ints
from prefdata.results.audit import Detection, Power
from prefdata.results.sentences import Sentence
from prefdata.results.training import Estimate
from prefdata.transforms.metrics.baselines import log_ratios
from prefdata.transforms.metrics.pairwise import sigmoid

_PARTS = 1000  # units of progress per view


def judge(
    views: Sequence[View],
    groups: Ints,
    lengths: tuple[Ints, Ints],
    config: AuditConfig,
    *,
    reviewed: Estimate | None = None,
    progress: Progress | None = None,
) -> Judged:
    """Judges n pairs in `groups` (n); `lengths`: characters of chosen (n) and of rejected (n).

    `reviewed`: the flip rate by people's decisions on rows drawn at random. Raises DataError if
    there are too few groups to learn anything (`plans.why_too_few`).
    """
    plan = plan_of(groups, config)
    margins = _margins(views, plan, progress)
    return judged_from(views, margins, plan, groups, lengths, config, reviewed)


def judged_from(
    views: Sequence[View],
    margins: Floats,
    plan: JudgingPlan,
    groups: Ints,
    lengths: tuple[Ints, Ints],
    config: AuditConfig,
    reviewed: Estimate | None = None,
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
    prior = prior_of(margin, groups, config.prior, reviewed)
    p_label, spread = sigmoid(margin), repeats.std(axis=0)
    rate = middle(prior)
    p_flip = flip_probabilities(p_label, rate)
    ends = [p_flip, *(flip_probabilities(p_label, end) for end in (prior.low, prior.high))]
    own = margins[:, 0].mean(axis=1)
    is_content = np.array([view.is_content for view in views])
    ratios = log_ratios(*lengths)
    content = without_controls(own[is_content], [*own[~is_content], ratios], plan.folds[0])
    why_not = why_not_judged(power)
    classes = np.zeros(len(groups), np.int8)
    if why_not is None:
        controls = _controls_margin(margins[~is_content], lengths, plan)
        by_controls = flip_probabilities(sigmoid(controls), rate)
        evidence = Evidence(p_flip, by_controls, content, margin, spread, alone.mean(axis=1))
        classes = classes_of(evidence, config.likely)
    return Judged(
        names=tuple(view.name for view in views),
        weights=stack.weights,
        margins=alone,
        stacked=repeats.astype(np.float32),
        margin=margin,
        spread=spread,
        content=content,
        shuffled=together[-1],
        p_label=p_label,
        p_flip=p_flip,
        p_low=np.minimum.reduce(ends),
        p_high=np.maximum.reduce(ends),
        classes=classes,
        prior=prior,
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


def _alone(margins: Floats, plan: JudgingPlan) -> Floats:
    """Calibrated margins (views, repeats, n) of each view by itself, on the labels as recorded."""
    calibrated_margins = [
        calibrated(own.mean(axis=0), plan.labels[0], plan.folds[0]).log_odds(own) for own in margins
    ]
    return np.stack(calibrated_margins).astype(np.float32)


def _controls_margin(controls: Floats, lengths: tuple[Ints, Ints], plan: JudgingPlan) -> Doubles:
    """Calibrated margins (n) of controls alone, or of length if there is no view of controls."""
    recorded = JudgingPlan(plan.labels[:1], plan.folds)
    if len(controls):
        margin = stacked(controls[:, :1], recorded).margins[0].mean(axis=0, dtype=np.float64)
    else:
        margin = length_margins(lengths, recorded)[0]
    return calibrated(margin, plan.labels[0], plan.folds[0]).log_odds(margin)


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
