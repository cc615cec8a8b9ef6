"""The self-test: how well the audit detects flips that were planted in copies of the data.

A row of a copy is suspicious to the degree that the margin of its pair contradicts the label in the
copy. All rows of a copy are ranked, including those that were wrong before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.config.audit import SelfTestConfig
from prefdata.label_audit.judge.ranking import Area, Ranked, area, average_precision
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.views.view import JudgingPlan
from prefdata.records.arrays import Doubles, Ints
from prefdata.results.audit import AtK, Detection, Power
from prefdata.results.sentences import Sentence
from prefdata.transforms.metrics.baselines import log_ratios

ALL, LENGTH, SHUFFLED = "all", "length-only", "label-shuffled"
KS = (20, 50, 100, 200, 500, 1000, 5000)
FEWEST = 20
"""Planted flips, over all copies, that an interval needs."""


def power_of(
    margins: Mapping[str, npt.NDArray[Any]],
    plan: JudgingPlan,
    groups: Ints,
    lengths: tuple[Ints, Ints],
    config: SelfTestConfig,
) -> Power:
    """How well `margins` detect planted flips: name to (variants, n), as recorded; `all` first.

    `lengths`: characters of chosen (n) and of rejected (n). Two references are measured as well:
    length alone, and the models of random labels (the last variant, on the labels that they were
    trained on).
    """
    margins_by_name = {**margins, LENGTH: length_margins(lengths, plan)}
    copies = {
        name: _copies(named_margins, plan, groups)
        for name, named_margins in margins_by_name.items()
    }
    detections = [
        *(_detection(name, ranked) for name, ranked in copies.items()),
        _by_chance(margins[ALL][-1], plan.labels[-1], groups, config.flips),
    ]
    lowest = detections[0].low
    return Power(
        flips=config.flips,
        copies=len(copies[ALL]),
        planted=_planted(copies[ALL]),
        detections=tuple(detections),
        at_k=at_k(copies[ALL]),
        theory=expected_auroc(float(np.mean(margins[ALL][1:-1] > 0))),
        at_least=config.at_least,
        is_enough=lowest is not None and lowest >= config.at_least,
    )


def length_margins(lengths: tuple[Ints, Ints], plan: JudgingPlan) -> Doubles:
    """Margins (variants, n) of models whose only feature is the log ratio of lengths."""
    ratios = log_ratios(*lengths)
    both = np.stack([ratios, -ratios])  # labels decide whether longer or shorter is better
    columns = np.broadcast_to(both[:, None, None], (2, plan.variants, plan.repeats, len(ratios)))
    return np.asarray(stacked(columns, plan).margins.mean(axis=1), np.float64)


def expected_auroc(accuracy: float) -> float | None:
    """Phi(sqrt(2) Phi^-1(accuracy)): AUROC of random flips if margins were normally distributed.

    >>> round(expected_auroc(0.75), 2)
    0.83
    """
    from scipy.special import ndtr, ndtri

    return float(ndtr(np.sqrt(2) * ndtri(accuracy))) if 0 < accuracy < 1 else None


def at_k(copies: list[Ranked]) -> tuple[AtK, ...]:
    """Precision and recall among the k most suspicious rows, mean over copies.

    k takes round numbers and the number of planted flips. Rows of equal suspicion keep their order.
    """
    planted = int(copies[0].planted.sum())
    pairs = len(copies[0].planted)
    hits = [np.cumsum(copy.planted[np.argsort(-copy.suspicion, kind="stable")]) for copy in copies]
    return tuple(
        AtK(k=k, precision=mean_hits / k, recall=mean_hits / planted)
        for k in sorted({*(k for k in KS if k <= pairs), planted})
        for mean_hits in [float(np.mean([counted[k - 1] for counted in hits]))]
    )


def _copies(margins: npt.NDArray[Any], plan: JudgingPlan, groups: Ints) -> list[Ranked]:
    return [
        Ranked(-np.asarray(labels * variant_margins, np.float64), labels < 0, groups)
        for labels, variant_margins in zip(plan.labels[1:-1], margins[1:-1], strict=True)
    ]


def _planted(copies: list[Ranked]) -> int:
    return sum(int(copy.planted.sum()) for copy in copies)


def _detection(name: str, copies: list[Ranked]) -> Detection:
    auroc = area(copies)
    precision = np.mean([average_precision(copy.suspicion, copy.planted) for copy in copies])
    planted = _planted(copies)
    few = Sentence("power.too-few", planted=planted, least=FEWEST)
    return _described(name, auroc, float(precision), few if planted < FEWEST else None)


def _by_chance(
    margins: npt.NDArray[Any], labels: npt.NDArray[Any], groups: Ints, flips: float
) -> Detection:
    """Detection of flips in random labels, exact over all draws: each row also flipped."""
    suspicion = np.asarray(labels * margins, np.float64)
    is_turned = np.repeat([True, False], len(suspicion))
    ranked = Ranked(np.concatenate([suspicion, -suspicion]), is_turned, np.tile(groups, 2))
    counts = np.where(is_turned, flips, 1 - flips)
    precision = average_precision(ranked.suspicion, is_turned, counts)
    return _described(SHUFFLED, area([ranked]), precision, None)


def _described(name: str, auroc: Area, precision: float, few: Sentence | None) -> Detection:
    one = Sentence("power.one-group")
    absent = few or (one if auroc.low is None else None)
    return Detection(
        name=name,
        auroc=auroc.value,
        low=None if absent else auroc.low,
        high=None if absent else auroc.high,
        average_precision=precision,
        absent=absent,
    )
