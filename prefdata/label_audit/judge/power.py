"""What an audit can see in these data: flips planted in copies of them, and looked for.

A row of a copy looks suspicious as far as the margin of its pair speaks against the label that
the copy gives it. All rows of a copy are ranked, those that were wrong from the beginning too.
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
"""Planted flips, in all copies together, from which there is an interval."""


def power_of(
    margins: Mapping[str, npt.NDArray[Any]],
    plan: JudgingPlan,
    groups: Ints,
    lengths: tuple[Ints, Ints],
    config: SelfTestConfig,
) -> Power:
    """How well flips are found by `margins`: name to (variants, n), as recorded; `all` first.

    `lengths`: characters of chosen (n) and of rejected (n). Length alone and a model of shuffled
    labels (the last variant, on the labels that it was trained on) are measured besides.
    """
    tried = {**margins, LENGTH: length_margins(lengths, plan)}
    copies = {name: _copies(found, plan, groups) for name, found in tried.items()}
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
    """Margins (variants, n) of models that know the logarithm of the length, and nothing else."""
    ratios = log_ratios(*lengths)
    both = np.stack([ratios, -ratios])  # the labels say whether longer or shorter is better
    columns = np.broadcast_to(both[:, None, None], (2, plan.variants, plan.repeats, len(ratios)))
    return np.asarray(stacked(columns, plan).margins.mean(axis=1), np.float64)


def expected_auroc(accuracy: float) -> float | None:
    """Phi(sqrt(2) Phi^-1(accuracy)): of random flips, were margins normally distributed.

    >>> round(expected_auroc(0.75), 2)
    0.83
    """
    from scipy.special import ndtr, ndtri

    return float(ndtr(np.sqrt(2) * ndtri(accuracy))) if 0 < accuracy < 1 else None


def at_k(copies: list[Ranked]) -> tuple[AtK, ...]:
    """Precision and recall among the k most suspicious rows, mean over copies.

    Besides round numbers, k is the number of planted flips. Of equal suspicion is first who
    stands first.
    """
    planted = int(copies[0].planted.sum())
    pairs = len(copies[0].planted)
    hits = [np.cumsum(copy.planted[np.argsort(-copy.suspicion, kind="stable")]) for copy in copies]
    return tuple(
        AtK(k=k, precision=found / k, recall=found / planted)
        for k in sorted({*(k for k in KS if k <= pairs), planted})
        for found in [float(np.mean([counted[k - 1] for counted in hits]))]
    )


def _copies(margins: npt.NDArray[Any], plan: JudgingPlan, groups: Ints) -> list[Ranked]:
    return [
        Ranked(-np.asarray(labels * found, np.float64), labels < 0, groups)
        for labels, found in zip(plan.labels[1:-1], margins[1:-1], strict=True)
    ]


def _planted(copies: list[Ranked]) -> int:
    return sum(int(copy.planted.sum()) for copy in copies)


def _detection(name: str, copies: list[Ranked]) -> Detection:
    found = area(copies)
    precision = np.mean([average_precision(each.suspicion, each.planted) for each in copies])
    planted = _planted(copies)
    few = Sentence("power.too-few", planted=planted, least=FEWEST)
    return _described(name, found, float(precision), few if planted < FEWEST else None)


def _by_chance(
    margins: npt.NDArray[Any], labels: npt.NDArray[Any], groups: Ints, flips: float
) -> Detection:
    """Flips among labels of no meaning, over all draws of them: each row as it is, and turned."""
    suspicion = np.asarray(labels * margins, np.float64)
    is_turned = np.repeat([True, False], len(suspicion))
    ranked = Ranked(np.concatenate([suspicion, -suspicion]), is_turned, np.tile(groups, 2))
    counts = np.where(is_turned, flips, 1 - flips)
    precision = average_precision(ranked.suspicion, is_turned, counts)
    return _described(SHUFFLED, area([ranked]), precision, None)


def _described(name: str, found: Area, precision: float, few: Sentence | None) -> Detection:
    one = Sentence("power.one-group")
    absent = few or (one if found.low is None else None)
    return Detection(
        name=name,
        auroc=found.value,
        low=None if absent else found.low,
        high=None if absent else found.high,
        average_precision=precision,
        absent=absent,
    )
