"""Calibration: from stacked margins to the probability of the observed label.

Labels are noisy: if a share e of them is flipped, no probability exceeds 1 - e, however large the
margin. So the link is p = e + (1 - 2e) sigmoid(a m): odd around one half, and saturating. Its two
parameters maximise the likelihood of the labels of all other folds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles
from prefdata.transforms.metrics.pairwise import sigmoid

_SURE = 1e-6  # probabilities are clipped to [1e-6, 1 - 1e-6]


@dataclass(frozen=True)
class CalibrationLink:
    """p = floor + (1 - 2 floor) sigmoid(slope * margin)."""

    floor: float
    slope: float

    def probabilities(self, margins: npt.NDArray[Any]) -> Doubles:
        """The probability that the label prefers the first completion."""
        between = sigmoid(self.slope * np.asarray(margins, np.float64))
        return np.clip(self.floor + (1 - 2 * self.floor) * between, _SURE, 1 - _SURE)

    def log_odds(self, margins: npt.NDArray[Any]) -> Doubles:
        """The same probabilities in natural-log odds, the unit of reward margins."""
        return log_odds(self.probabilities(margins))


@dataclass(frozen=True)
class Links:
    """A link for each fold, fitted on the other folds; `folds` (n): the fold of each pair."""

    links: tuple[CalibrationLink, ...]
    folds: npt.NDArray[np.int64]

    def log_odds(self, margins: npt.NDArray[Any]) -> Doubles:
        """Calibrated reward margins (..., n) of n pairs."""
        values = np.empty(margins.shape)
        for fold, link in enumerate(self.links):
            where = self.folds == fold
            values[..., where] = link.log_odds(margins[..., where])
        return values


def calibrated(
    margins: npt.NDArray[Any], labels: npt.NDArray[Any], folds: npt.NDArray[np.int64]
) -> Links:
    """Links for `margins` (n) of pairs with `labels` (n), 1 or -1, cross-fitted by `folds` (n)."""
    oriented = np.asarray(margins, np.float64) * np.sign(labels)
    counts = np.abs(labels).astype(np.float64)
    return Links(
        tuple(
            fitted_link(oriented, np.where(folds == fold, 0.0, counts))
            for fold in range(int(folds.max(initial=-1)) + 1)
        ),
        folds,
    )


def fitted_link(oriented: Doubles, counts: Doubles) -> CalibrationLink:
    """The link of maximum likelihood for margins oriented by their labels, weighted by `counts`."""
    from scipy.optimize import minimize

    kept = counts > 0
    margins, counts = oriented[kept], counts[kept]
    scale = float(np.sqrt(np.square(margins).mean())) if len(margins) else 0.0
    if not scale:
        return CalibrationLink(0.0, 0.0)
    margins, counts = margins / scale, counts / counts.sum()

    def loss(numbers: Doubles) -> tuple[float, Doubles]:
        floor, slope = numbers
        between = sigmoid(slope * margins)
        likelihoods = np.maximum(floor + (1 - 2 * floor) * between, _SURE)
        by_slope = (1 - 2 * floor) * between * (1 - between) * margins
        pull = counts / likelihoods
        return -float(counts @ np.log(likelihoods)), -np.array(
            [pull @ (1 - 2 * between), pull @ by_slope]
        )

    best = minimize(
        loss, np.array([0.05, 1.0]), jac=True, method="L-BFGS-B", bounds=[(0.0, 0.49), (0.0, 100.0)]
    )
    return CalibrationLink(float(best.x[0]), float(best.x[1]) / scale)


def log_odds(probabilities: npt.NDArray[Any]) -> Doubles:
    """Natural-log odds."""
    values: Doubles = np.log(probabilities) - np.log1p(-np.asarray(probabilities, np.float64))
    return values
