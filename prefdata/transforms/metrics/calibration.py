"""Calibration of a reward model: whether it is right as often as it is confident.

In preference data the chosen completion is first by definition, so "the first is preferred" is
always true, and comparing p = sigmoid(reward_margin) with it measures sharpness, not calibration.
Instead confidence, max(p, 1 - p), is compared with being right. That equals taking each pair in
both orders, p against 1 and 1 - p against 0: bins that mirror each other around one half have the
same error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.results.sentences import Sentence
from prefdata.results.training import Bin, Calibration
from prefdata.transforms.metrics.pairwise import points, sigmoid

EDGES = np.round(np.linspace(0.5, 1.0, 11), 2)
"""Ten bins of equal width, the same for all models, so that tables can be compared."""


def calibration(reward_margins: npt.NDArray[Any]) -> Calibration:
    """Expected calibration error, Brier score and reliability table; a tie is half right.

    `ece_by_chance` is the mean that sampling alone gives, by the normal approximation in each bin:
    noise does not cancel out in a sum of absolute values.
    """
    number = len(reward_margins)
    if not number:
        return Calibration(
            ece=None,
            ece_by_chance=None,
            brier=None,
            confidence=None,
            bins=(),
            absent=Sentence("metrics.no-pairs"),
        )
    margins = np.asarray(reward_margins, np.float64)
    confidence = sigmoid(np.abs(margins))
    right = points(margins, halve_ties=True) / 2
    places = np.searchsorted(EDGES[1:-1], confidence, side="right")
    size, sure, true, spread = (
        np.bincount(places, weights=weights, minlength=len(EDGES) - 1)
        for weights in (np.ones(number), confidence, right, confidence * (1 - confidence))
    )
    return Calibration(
        ece=float(np.abs(sure - true).sum() / number),
        ece_by_chance=float(np.sqrt(2 / np.pi * spread).sum() / number),
        brier=float(np.square(sigmoid(-margins)).mean()),
        confidence=float(confidence.mean()),
        bins=tuple(
            Bin(
                low=float(EDGES[place]),
                high=float(EDGES[place + 1]),
                pairs=int(size[place]),
                confidence=float(sure[place] / size[place]),
                accuracy=float(true[place] / size[place]),
            )
            for place in np.flatnonzero(size)
        ),
    )
