"""A reward model of a few numbers, across folds: what such numbers alone say of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.metrics.pairwise import losses, sigmoid


def held_out(values: npt.NDArray[Any], groups: Ints, folds: int, seed: int) -> Doubles:
    """Reward margins (n) of pairs by models that saw no pair of their group.

    `values` (n, c): differences, chosen - rejected. Each model is a logistic regression without
    intercept on columns of mean square one, every weight with a normal prior of deviation one, so
    that it stays finite where a column is always right. A column that is zero throughout says
    nothing. Where there are fewer groups than folds, a fold is a group; of a single group nothing
    can be learnt, and all margins are 0.
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

    So a search takes as few steps for columns that say nearly the same as for others. The curvature
    does not depend on labels. `turned` (n, c) times `factor` (c, c) transposed: the columns.
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
    """The place (c) in the coordinates of `_Columns` that is likeliest for some of the pairs."""
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

    found: Doubles = minimize(objective, np.zeros(turned.shape[1]), jac=True, method="L-BFGS-B").x
    return found
