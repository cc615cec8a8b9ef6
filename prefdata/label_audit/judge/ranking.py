"""How well a suspicion ranks planted flips: AUROC with an interval, and average precision.

Pairs of a group are correlated, so the variance is that of group sums of each pair's contribution
to the area (DeLong et al., 1988; in groups: Obuchowski, 1997). It is the limit of a bootstrap of
whole groups, at the cost of one sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Flags
from prefdata.transforms.metrics.bootstrap import LEVEL

_EDGE = 1e-9


@dataclass(frozen=True)
class Ranked:
    """Rows with a `suspicion` (n); `planted` (n): those to detect; `groups` (n): leakage groups."""

    suspicion: Doubles
    planted: Flags
    groups: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Area:
    """Area under the ROC curve and the ends of its interval; None if there is no interval."""

    value: float
    low: float | None
    high: float | None


def area(copies: Sequence[Ranked]) -> Area:
    """Mean AUROC over copies of the same pairs, with its 95% interval; ties count half.

    Every copy has planted rows and others. No interval if all planted rows are of one group.
    """
    parts = [_placements(copy) for copy in copies]
    value = float(np.mean([placement for placement, _ in parts]))
    groups = np.concatenate([copy.groups for copy in copies])
    shares = np.concatenate([share for _, share in parts]) / len(copies)
    _, members = np.unique(groups, return_inverse=True)
    sums = np.bincount(members.reshape(-1), weights=shares)
    with_planted = len(np.unique(groups[np.concatenate([copy.planted for copy in copies])]))
    freedom = min(len(sums), with_planted) - 1
    if freedom < 1:
        return Area(value, None, None)
    error = float(np.sqrt(sums @ sums * (freedom + 1) / freedom))
    return Area(value, *_ends(value, error, freedom))


def average_precision(
    suspicion: npt.NDArray[Any], planted: Flags, counts: Doubles | None = None
) -> float:
    """Precision at each planted row, averaged; rows of equal suspicion are ranked together.

    `counts` (n): the weight of each row; 1 if absent.
    """
    weights = np.ones(len(planted)) if counts is None else counts
    order = np.argsort(-np.asarray(suspicion), kind="stable")
    values, hits = np.asarray(suspicion)[order], (weights * planted)[order]
    last = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    cumulative_hits, cumulative_rows = np.cumsum(hits)[last], np.cumsum(weights[order])[last]
    steps = np.diff(cumulative_hits, prepend=0.0)
    return float(steps @ (cumulative_hits / cumulative_rows) / cumulative_hits[-1])


def _placements(copy: Ranked) -> tuple[float, Doubles]:
    """The area, and the contribution (n) of each row to its deviation."""
    planted, others = copy.planted, ~copy.planted
    positives, negatives = int(planted.sum()), int(others.sum())
    ranks = _ranks(copy.suspicion)
    above = np.empty(len(ranks))
    above[planted] = (ranks[planted] - _ranks(copy.suspicion[planted])) / negatives
    above[others] = 1 - (ranks[others] - _ranks(copy.suspicion[others])) / positives
    value = float(above[planted].mean())
    return value, (above - value) / np.where(planted, positives, negatives)


def _ranks(values: Doubles) -> Doubles:
    """Ranks from 1; equal values share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((2 * last - counts + 1) / 2)[places.reshape(-1)]


def _ends(value: float, error: float, freedom: int) -> tuple[float, float]:
    """The ends of the interval, computed in log odds so that they stay between 0 and 1."""
    from scipy.special import expit, logit, stdtrit

    inner = float(np.clip(value, _EDGE, 1 - _EDGE))
    reach = stdtrit(freedom, (1 + LEVEL) / 2) * error / (inner * (1 - inner))
    return float(expit(logit(inner) - reach)), float(expit(logit(inner) + reach))
