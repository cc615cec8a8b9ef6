"""Held-out margins of a linear view: one model per variant, repeat and fold, fitted together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.views.logistic import solve
from prefdata.label_audit.views.view import JudgingPlan, Progress
from prefdata.records.arrays import Floats, Ints
from prefdata.reward.heads.conjugate_gradients import Operator
from prefdata.transforms.metrics.pairwise import losses, sigmoid

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Candidates, each times the mean square of a pair's features over the number of pairs: with more
pairs, weights need less shrinkage. On 2,000 and on 16,000 pairs the best was 0.3 to 3.
"""


@dataclass(frozen=True)
class Problems:
    """K fits; `variants`, `repeats`, `folds` (K): variant, repeat and held-out fold of each."""

    variants: Ints
    repeats: Ints
    folds: Ints

    def __len__(self) -> int:
        return len(self.folds)

    @classmethod
    def of(cls, plan: JudgingPlan, variants: int, repeats: int) -> Problems:
        """The fits of the first variants and repeats of a plan, one for each fold."""
        names = [
            (variant, repeat, fold)
            for variant in range(variants)
            for repeat in range(repeats)
            for fold in range(int(plan.folds[repeat].max(initial=-1)) + 1)
        ]
        return cls(*np.array(names, np.int64).reshape(-1, 3).T)

    def labels(self, plan: JudgingPlan) -> Floats:
        """Training labels of each fit (n, K): those of its variant, 0 in its held-out fold."""
        labels = np.ascontiguousarray(plan.labels[self.variants].T, np.float32)
        labels[self.folds == plan.folds[self.repeats].T] = 0
        return labels

    def held_out(self, fit_margins: Floats, plan: JudgingPlan) -> Floats:
        """Held-out margins (variants, repeats, n), taken from the margins (n, K) of all fits.

        The variants and repeats are those of the fits; a pair in the fold of no fit has a margin of
        0.
        """
        shape = int(self.variants.max(initial=-1)) + 1, int(self.repeats.max(initial=-1)) + 1
        margins = np.zeros((*shape, len(fit_margins)), np.float32)
        for place, (variant, repeat, fold) in enumerate(
            zip(self.variants, self.repeats, self.folds, strict=True)
        ):
            own = plan.folds[repeat] == fold
            margins[variant, repeat, own] = fit_margins[own, place]
        return margins


def held_out_margins(
    operator: Operator,
    plan: JudgingPlan,
    size: float,
    progress: Progress | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> Floats:
    """Margins (variants, repeats, n) by models that were not trained on the pair's fold.

    `size`: mean square of a pair's features. `penalties`: the candidates (see PENALTIES), of which
    the one with the least held-out loss in variant 0, repeat 0 is used.
    """
    if not size or not len(plan.folds[0]):
        return np.zeros((plan.variants, plan.repeats, operator.rows), np.float32)
    penalty = best_penalty(operator, plan, size, penalties) * size / operator.rows
    problems = Problems.of(plan, plan.variants, plan.repeats)
    every = np.full(len(problems), penalty, np.float32)
    solution = solve(operator, problems.labels(plan), every, progress=progress)
    return problems.held_out(operator.times(solution.weights), plan)


def best_penalty(
    operator: Operator, plan: JudgingPlan, size: float, penalties: Sequence[float] = PENALTIES
) -> float:
    """The candidate penalty (see PENALTIES) with the least held-out loss (`scaled_loss`)."""
    problems = Problems.of(plan, 1, 1)
    labels = np.tile(problems.labels(plan), len(penalties))
    tried = np.asarray(penalties, np.float32) * np.float32(size / operator.rows)
    every = np.repeat(tried, len(problems))
    margins = operator.times(solve(operator, labels, every).weights)
    parts = np.split(margins, len(penalties), axis=1)
    wanted = plan.labels[0].astype(np.float64)
    lost = [scaled_loss(problems.held_out(part, plan)[0, 0], wanted) for part in parts]
    return penalties[int(np.argmin(lost))]


_LARGEST = 64.0  # scale, of margins of mean square 1
_HALVINGS = 40


def scaled_loss(margins: Floats, labels: npt.NDArray[np.floating]) -> float:
    """The least mean of -log sigmoid(sign(label) * scale * margin) over scales of 0 and more.

    Each pair (n) is weighted by the size of its label. The stack gives each view its own scale, so
    a penalty that merely shrinks margins is not at a disadvantage. log 2 if all margins are 0.
    """
    weights = np.abs(labels, dtype=np.float64)
    oriented = np.sign(labels) * margins.astype(np.float64)
    square = weights @ oriented**2
    if not square:
        return float(np.log(2))
    oriented /= np.sqrt(square / weights.sum())
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):  # convex in the scale: bisect on the sign of the derivative
        middle = (low + high) / 2
        rises = weights @ (oriented * sigmoid(-middle * oriented)) < 0
        low, high = (low, middle) if rises else (middle, high)
    return float(weights @ losses(low * oriented) / weights.sum())
