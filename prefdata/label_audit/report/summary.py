"""Summarises the judgement of all labels: `LabelAuditResult`, without the suspects' texts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.claims import Claimed, likely_rows
from prefdata.label_audit.claims.posterior import RowChances
from prefdata.label_audit.judge.classes import FLIPPED
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.label_audit.report.shortcuts import shortcuts
from prefdata.label_audit.report.slices import slices
from prefdata.label_audit.report.suspects import CONTROLS, is_of
from prefdata.label_audit.views.plans import turned_groups
from prefdata.records.arrays import Doubles, Ints
from prefdata.results.audit import Ablation, Histogram, LabelAuditResult, ViewResult
from prefdata.results.sentences import Sentence
from prefdata.results.training import Baseline, Estimate
from prefdata.transforms.metrics.baselines import constant, length_only, length_rule, shuffled_refit
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate
from prefdata.transforms.metrics.calibration import calibration
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.metrics.pairwise import points
from prefdata.transforms.texts.controls import Controls

CONTENT = "content"
"""All content views, controls taken out, as one."""
PROMPT_BLIND = ("ngrams",)
"""Views that see the completions without the prompt."""

_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MOST_BINS = 60


def labels_of(
    judged: Judged,
    facts: PairFacts,
    controls: Controls,
    config: AuditConfig,
    claimed: Claimed | None = None,
    *,
    ablation: Ablation | None = None,
) -> LabelAuditResult:
    """Accuracy, baselines, calibration, shortcuts, slices and classes of n pairs.

    `facts`, `controls`: of the same pairs in the same order. `claimed`: None if single rows are not
    judged. `suspects.suspects` adds suspects once their texts have been read.
    """
    classes = classes_with(judged, claimed.chances if claimed else None, config.likely)
    draw = Bootstrap(seed=config.seed)
    sliced = slices(judged.margin > 0, is_of(judged, "model-disagrees"), facts, draw)
    return LabelAuditResult(
        pairs=len(facts),
        groups=len(np.unique(facts.groups)),
        accuracy=_accuracy(judged.margin, facts.groups, draw),
        baselines=_baselines(judged, facts, config, draw),
        views=tuple(_views(judged, facts.groups, draw)),
        calibration=calibration(judged.margin),
        margins=histograms(judged),
        power=judged.power,
        is_judged=judged.is_judged,
        why_not=judged.why_not,
        classes=_classes(judged, classes),
        claims=claimed.claims if claimed else None,
        shortcuts=shortcuts(judged, facts, controls, config, PROMPT_BLIND),
        slices=sliced.slices,
        small_slices=sliced.small,
        ablation=ablation,
        suspects=(),
    )


def histograms(judged: Judged) -> tuple[Histogram, ...]:
    """Histograms of the stacked margins, with the same edges: `all`, and each class with rows.

    The edges are round numbers, symmetric around 0; the outermost include every margin.
    """
    edges = _edges(judged.margin)
    which = {"all": np.ones(len(judged.margin), np.bool_)}
    if judged.is_judged:
        which |= {name: judged.classes == number for number, name in enumerate(CLASSES)}
    return tuple(
        Histogram(
            name=name,
            edges=tuple(edges.tolist()),
            counts=tuple(np.histogram(judged.margin[rows], edges)[0].tolist()),
        )
        for name, rows in which.items()
        if name == "all" or rows.any()
    )


def _edges(margins: Doubles) -> Doubles:
    most = float(np.abs(margins).max(initial=0.0))
    step = next((step for step in _STEPS if 2 * most / step <= _MOST_BINS), None)
    if step is None:  # beyond any calibrated log odds
        step = _STEPS[-1] * math.ceil(2 * most / _MOST_BINS / _STEPS[-1])
    bins = max(math.ceil(most / step), 1)
    edges: Doubles = np.round(np.arange(-bins, bins + 1) * step, 6)
    return edges


def _accuracy(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap) -> Estimate:
    return estimate(points(margins, halve_ties=False), groups, draw)


def _baselines(
    judged: Judged, facts: PairFacts, config: AuditConfig, draw: Bootstrap
) -> tuple[Baseline, ...]:
    groups = facts.groups
    return (
        constant(groups),
        length_only(length_rule(*facts.lengths), _by_length(facts, config), groups, draw),
        _by_chance(judged, groups, config, draw),
    )


def _by_chance(judged: Judged, groups: Ints, config: AuditConfig, draw: Bootstrap) -> Baseline:
    """The baseline of models trained on labels random by group, measured on these random labels.

    On the recorded labels they would be far from one half wherever a shortcut decides: a weight of
    length, whichever sign it got by chance, is then right or wrong on most pairs.
    """
    turned = judged.shuffled * turned_groups(groups, config.seed)
    baseline = shuffled_refit(turned, groups, draw)
    return baseline.model_copy(update={"made": Sentence("baseline.by-chance")})


def _by_length(facts: PairFacts, config: AuditConfig) -> Doubles:
    """Held-out margins (n) of the length rule; 0 if there is only one group."""
    margins: Doubles = np.zeros(len(facts))
    chosen, rejected = facts.lengths
    folds = min(config.folds, len(np.unique(facts.groups)))
    if folds < 2:
        return margins
    fold_of = grouped_folds(facts.groups, folds, config.seed)
    for fold in range(folds):
        own = fold_of == fold
        rule = length_rule(chosen[~own], rejected[~own])
        margins[own] = rule.reward_margins(chosen[own], rejected[own])
    return margins


def _views(judged: Judged, groups: Ints, draw: Bootstrap) -> Iterator[ViewResult]:
    """Accuracy of all views together, of each alone, and of content without controls' effect."""
    yield ViewResult(name="all", is_content=True, accuracy=_accuracy(judged.margin, groups, draw))
    for place, name in enumerate(judged.names):
        yield ViewResult(
            name=name,
            is_content=name != CONTROLS,
            accuracy=_accuracy(judged.margins[place].mean(axis=0), groups, draw),
            weight=float(judged.weights[place]),
            added=_added(judged, place, groups, draw),
        )
    if len(judged.content):
        content = judged.content.sum(axis=0)
        yield ViewResult(name=CONTENT, is_content=True, accuracy=_accuracy(content, groups, draw))


def _added(judged: Judged, place: int, groups: Ints, draw: Bootstrap) -> Estimate:
    """Accuracy of all views less that of all but one, with its interval."""
    own = points(judged.margin, halve_ties=False)
    return estimate(
        own - points(judged.without[place], halve_ties=False), groups, draw, least=-2, most=2
    )


def classes_with(judged: Judged, chances: RowChances | None, likely: float) -> npt.NDArray[np.int8]:
    """Class numbers (n): those of the models, but for rows that answers of people tell of."""
    is_likely = likely_rows(chances, len(judged.margin), likely)
    return np.where(is_likely, FLIPPED, judged.classes).astype(np.int8)


def _classes(judged: Judged, classes: npt.NDArray[np.int8]) -> dict[str, int]:
    if not judged.is_judged:
        return {}
    counts = np.bincount(classes, minlength=len(CLASSES)).tolist()
    return {
        name: rows
        for name, rows in zip(CLASSES, counts, strict=True)
        if rows or name != CLASSES[FLIPPED]
    }
