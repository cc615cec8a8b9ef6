"""The stack: a second crossfit learns a coefficient for each view.

A logistic regression without intercept on the held-out margins of the views, so that swapping the
sides of a pair flips the sign of its stacked margin. Pairs of a fold are judged by coefficients
that were fitted on the other folds.

No coefficient is negative. The margins that it is fitted on come from models trained on labels of
the very fold that it will judge; with a free sign, a coefficient would fit those labels, and labels
random by group would look predictable (mean AUROC over 60 drawn datasets of 1,500 pairs: .522 with
free signs, .507 as it is).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.views.view import JudgingPlan
from prefdata.records.arrays import Doubles, Floats
from prefdata.transforms.metrics.pairwise import sigmoid

_RIDGE = 1.0  # weight of one or two observations; keeps coefficients finite on few pairs
_STEPS = 25
_CLOSE = 1e-6  # relative to the coefficients
_HALVINGS = 30


@dataclass(frozen=True)
class Stack:
    """`margins` (variants, repeats, n): held out, in natural-log odds of the observed label.

    `weights` (views): what a margin of one standard deviation of each view adds, in the data as
    recorded; mean over repeats and folds.
    """

    margins: Floats
    weights: Doubles


def stacked(margins: npt.NDArray[Any], plan: JudgingPlan) -> Stack:
    """Stacks `margins` (views, variants, repeats, n) of the pairs as recorded."""
    out = np.zeros(margins.shape[1:], np.float32)
    weights = np.zeros((plan.variants, plan.repeats, len(margins)))
    for variant, repeat in np.ndindex(plan.variants, plan.repeats):
        labels, folds = plan.labels[variant], plan.folds[repeat]
        columns = standardised(margins[:, variant, repeat])
        fitted = crossfitted(columns, labels, folds)
        out[variant, repeat] = np.einsum("kn,nk->n", columns, fitted[folds])
        weights[variant, repeat] = fitted.mean(axis=0)
    return Stack(out, weights[0].mean(axis=0))


def standardised(columns: npt.NDArray[Any]) -> Doubles:
    """Columns (k, n) divided by their root mean square; not centred, so that they stay odd."""
    values = np.asarray(columns, np.float64)
    scale = np.sqrt(np.square(values).mean(axis=1, keepdims=True))
    return values / np.where(scale > 0, scale, 1.0)


def crossfitted(columns: Doubles, labels: npt.NDArray[Any], folds: npt.NDArray[Any]) -> Doubles:
    """Coefficients (folds, k) of `columns` (k, n), each fitted on the pairs of all other folds."""
    weights = np.zeros((int(folds.max(initial=-1)) + 1, len(columns)))
    for fold in range(len(weights)):
        weights[fold] = odd_logistic(columns, np.where(folds == fold, 0.0, labels))
    return weights


def odd_logistic(columns: Doubles, labels: npt.NDArray[Any]) -> Doubles:
    """Coefficients (k), none negative, of a logistic regression on `columns` (k, n).

    `labels` (n): the sign is the label and the size its weight; 0 leaves a pair out. Minimises the
    sum of losses plus half of the squared norm by Newton's method, projected: coefficients at zero
    that would become negative stay there (Bertsekas, 1982).
    """
    kept = np.flatnonzero(labels)
    counts = np.abs(labels[kept]).astype(np.float64)
    pairs = columns[:, kept] * np.sign(labels[kept])  # oriented so that every label is 1
    weights = np.zeros(len(columns))
    for _ in range(_STEPS):
        wrong = sigmoid(-(weights @ pairs))
        gradient = _RIDGE * weights - pairs @ (counts * wrong)
        hessian = (pairs * (counts * wrong * (1 - wrong))) @ pairs.T + _RIDGE * np.eye(len(weights))
        free = (weights > 0) | (gradient < 0)
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        before, weights = weights, _along(weights, step, pairs, counts)
        if np.abs(weights - before).max(initial=0.0) <= _CLOSE * (1 + weights.max(initial=0.0)):
            break
    return weights


def _along(weights: Doubles, step: Doubles, pairs: Doubles, counts: Doubles) -> Doubles:
    """The longest halved step that lowers the objective; the weights unchanged if there is none."""
    before = _objective(weights, pairs, counts)
    for halving in range(_HALVINGS):
        ahead: Doubles = np.maximum(weights - step / 2**halving, 0.0)
        if _objective(ahead, pairs, counts) < before:
            return ahead
    return weights


def _objective(weights: Doubles, pairs: Doubles, counts: Doubles) -> float:
    losses = np.logaddexp(0.0, -(weights @ pairs))
    return float(counts @ losses + _RIDGE / 2 * weights @ weights)
