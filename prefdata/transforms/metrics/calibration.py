"""Whether a reward model is as often right as it is sure.

In training data the chosen completion always stands first, so that "the first is preferred" is
always true, and comparing p = sigmoid(reward_margin) with it measures sharpness, not calibration.
What can be compared is confidence, max(p, 1 - p), with being right. It is the same as taking each
pair both ways round, p against 1 and 1 - p against 0: the two bins that mirror each other around
one half err by the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.results.sentences import Sentence
from prefdata.results.training import Bin, Calibration
from prefdata.transforms.metrics.pairwise import points, sigmoid

EDGES = np.round(np.linspace(0.5, 1.0, 11), 2)
"""Ten bins of equal width: the same for all models, so that tables can be laid side by side."""


def calibration(reward_margins: npt.NDArray[Any]) -> Calibration:
    """Expected calibration error, Brier's score and the reliability table; a tie is half right.

    `ece_by_chance` is the mean that sampling alone gives, by the normal approximation in each bin:
    the noise of an error that was summed from absolute values does not cancel out.
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
