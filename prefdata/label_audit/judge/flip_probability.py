"""P(flip): the probability that a label is flipped.

Let q be the probability of the observed label if no label were flipped, and e the share of flipped
labels, the same for all pairs. An observed label is either right and not flipped, or wrong and
flipped: p = (1 - e) q + e (1 - q), so q = (p - e) / (1 - 2e), and by Bayes' rule
P(flipped | observed) = e (1 - q) / p. For a label that the models contradict it rises with e; for
one that they are sure of it falls again, since at a higher rate the same p means a q nearer to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles


def flip_probabilities(p_label: npt.NDArray[Any], rate: float) -> Doubles:
    """P(flip) (n) from calibrated probabilities of the observed labels (n) and the flip rate.

    No probability can lie below the rate; if one does, q is taken as 0, and P(flip) is 1.

    >>> flip_probabilities(np.array([0.1, 0.5, 0.9]), 0.1).round(3).tolist()
    [1.0, 0.1, 0.0]
    """
    observed = np.asarray(p_label, np.float64)
    if rate <= 0:
        return np.zeros_like(observed)
    if rate >= 0.5:
        return np.full_like(observed, 0.5)
    clean = np.clip((observed - rate) / (1 - 2 * rate), 0.0, 1.0)
    turned = rate * (1 - clean)
    return np.asarray(turned / ((1 - rate) * clean + turned), np.float64)
