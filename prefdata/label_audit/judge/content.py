"""What the content says once controls are taken out.

Views of the content see length too, through the words. What the controls foretell of a margin is
taken away from it: the rest is what the content adds. Everything is odd in the two sides, so that
turning a pair round turns the sign of the rest; and cross-fitted, so that no row explains itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Floats

KNOTS = (0.25, 0.5, 0.75, 0.9)
"""Shares of the pairs below which a control has no more effect than its line: odd hinges."""
_RIDGE = 1e-3


def without_controls(
    margins: npt.NDArray[Any], controls: Sequence[npt.NDArray[Any]], folds: npt.NDArray[np.int64]
) -> Floats:
    """The rest of `margins` (views, n) after each of the `controls` (n) and odd functions of it."""
    columns = odd_columns(controls)
    rest = np.array(margins, np.float64)
    for fold in range(int(folds.max(initial=-1)) + 1):
        held_out = folds == fold
        known = columns[:, ~held_out]
        bend = known @ known.T + _RIDGE * known.shape[1] * np.eye(len(columns))
        weights = np.linalg.solve(bend, known @ np.asarray(margins, np.float64)[:, ~held_out].T)
        rest[:, held_out] -= weights.T @ columns[:, held_out]
    return rest.astype(np.float32)


def odd_columns(controls: Sequence[npt.NDArray[Any]]) -> Doubles:
    """Columns (k, n): each control, and what of it lies beyond some quantiles of its size.

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
