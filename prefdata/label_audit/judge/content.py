"""Margins of content views after removal of what controls explain.

Content views see length too, through the words. So the part of a margin that controls predict is
subtracted: the rest is what the content adds. All columns are odd in the two sides, so that
swapping the sides of a pair flips the sign of the rest; the fit is crossfitted, so that no row
takes part in its own prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Floats

KNOTS = (0.25, 0.5, 0.75, 0.9)
"""Quantiles of a control's size at which its effect may change slope: odd hinge functions."""
_RIDGE = 1e-3


def without_controls(
    margins: npt.NDArray[Any], controls: Sequence[npt.NDArray[Any]], folds: npt.NDArray[np.int64]
) -> Floats:
    """`margins` (views, n) minus what the `controls` (n) and odd functions of them predict."""
    columns = odd_columns(controls)
    rest = np.array(margins, np.float64)
    for fold in range(int(folds.max(initial=-1)) + 1):
        held_out = folds == fold
        training = columns[:, ~held_out]
        gram = training @ training.T + _RIDGE * training.shape[1] * np.eye(len(columns))
        weights = np.linalg.solve(gram, training @ np.asarray(margins, np.float64)[:, ~held_out].T)
        rest[:, held_out] -= weights.T @ columns[:, held_out]
    return rest.astype(np.float32)


def odd_columns(controls: Sequence[npt.NDArray[Any]]) -> Doubles:
    """Columns (k, n): each control, and its excess over some quantiles of its size, with its sign.

    >>> odd_columns([np.array([-2.0, 2.0])])[0].tolist()
    [-1.0, 1.0]
    """
    columns = []
    for control in controls:
        values = np.asarray(control, np.float64)
        size = np.abs(values)
        knots = np.unique(np.quantile(size, KNOTS))
        columns += [values, *(np.sign(values) * np.maximum(size - knot, 0) for knot in knots)]
    scales = [float(np.sqrt(np.square(column).mean())) or 1.0 for column in columns]
    return np.stack([column / scale for column, scale in zip(columns, scales, strict=True)])
