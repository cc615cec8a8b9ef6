"""Crossfitted reward margins from a few features of each pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.metrics.pairwise import losses, sigmoid


def held_out(values: npt.NDArray[Any], groups: Ints, folds: int, seed: int) -> Doubles:
    """Reward margins (n) of pairs by models that were trained on no pair of their group.

    `values` (n, c): differences, chosen - rejected. Each model is a logistic regression without
    intercept on columns of mean square one, with a standard normal prior on every weight, so that
    it stays finite on separable data. Columns of zeros are ignored. With fewer groups than folds,
    each group is a fold; with a single group all margins are 0.
    """
    margins = np.zeros(len(values))
    folds = min(folds, len(np.unique(groups)))
    if folds < 2:
        return margins
    columns = _rounded(np.asarray(values, np.float64))
    fold_of = grouped_folds(groups, folds, seed)
    for fold in range(folds):
        own = fold_of == fold
        margins[own] = columns.turned[own] @ _fitted(columns, ~own)
    return margins


@dataclass(frozen=True)
class _Columns:
    """Differences in coordinates in which the curvature at zero, of all pairs, is the unit matrix.

    So the minimiser takes as few steps for nearly collinear columns as for others. The curvature
    does not depend on labels. `turned` (n, c) @ `factor`.T (c, c) gives the columns.
    """

    turned: Doubles
    factor: Doubles


def _rounded(values: Doubles) -> _Columns:
    from scipy.linalg import solve_triangular

    scales = np.sqrt(np.square(values).mean(axis=0))
    columns = values[:, scales > 0] / scales[scales > 0]
    factor = np.linalg.cholesky(columns.T @ columns / 4 + np.eye(columns.shape[1]))
    return _Columns(solve_triangular(factor, columns.T, lower=True).T, factor)


def _fitted(columns: _Columns, which: Flags) -> Doubles:
    """Coefficients (c), in the coordinates of `_Columns`, of maximum posterior for some pairs."""
    from scipy.linalg import solve_triangular
    from scipy.optimize import minimize

    turned, factor = columns.turned[which], columns.factor
    if not turned.shape[1]:
        return np.zeros(0)

    def objective(place: Doubles) -> tuple[float, Doubles]:
        margins = turned @ place
        own = solve_triangular(factor, place, lower=True, trans="T")
        pull = solve_triangular(factor, own, lower=True)
        value = float(losses(margins).sum() + own @ own / 2)
        return value, pull - sigmoid(-margins) @ turned

    coefficients: Doubles = minimize(
        objective, np.zeros(turned.shape[1]), jac=True, method="L-BFGS-B"
    ).x
    return coefficients
