"""Held-out margins of a linear view: one model for each variant, repeat and fold, all at once."""

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
"""Tried, times the mean square of a pair's features and by the number of pairs: the more of them,
the less a mean needs to be held back. On 2,000 and on 16,000 pairs the best was 0.3 to 3."""


@dataclass(frozen=True)
class Problems:
    """K fits: the variant, the repeat and the fold (K) that each one judges."""

    variants: Ints
    repeats: Ints
    folds: Ints

    def __len__(self) -> int:
        return len(self.folds)

    @classmethod
    def of(cls, plan: JudgingPlan, variants: int, repeats: int) -> Problems:
        """Those of the first variants and repeats of a plan."""
        names = [
            (variant, repeat, fold)
            for variant in range(variants)
            for repeat in range(repeats)
            for fold in range(int(plan.folds[repeat].max(initial=-1)) + 1)
        ]
        return cls(*np.array(names, np.int64).reshape(-1, 3).T)

    def labels(self, plan: JudgingPlan) -> Floats:
        """What each is trained on (n, K): the labels of its variant outside its fold."""
        labels = np.ascontiguousarray(plan.labels[self.variants].T, np.float32)
        labels[self.folds == plan.folds[self.repeats].T] = 0
        return labels

    def held_out(self, found: Floats, plan: JudgingPlan) -> Floats:
        """Of the margins (n, K) of all fits, those of pairs in their folds: (variants, repeats, n).

        Of as many variants and repeats as there are problems of; 0 where no fit judges a pair.
        """
        shape = int(self.variants.max(initial=-1)) + 1, int(self.repeats.max(initial=-1)) + 1
        margins = np.zeros((*shape, len(found)), np.float32)
        for place, (variant, repeat, fold) in enumerate(
            zip(self.variants, self.repeats, self.folds, strict=True)
        ):
            own = plan.folds[repeat] == fold
            margins[variant, repeat, own] = found[own, place]
        return margins


def held_out_margins(
    operator: Operator,
    plan: JudgingPlan,
    size: float,
    progress: Progress | None = None,
    penalties: Sequence[float] = PENALTIES,
) -> Floats:
    """Margins (variants, repeats, n) by models that saw no label of the pair's fold.

    `size`: mean square of a pair's features. Of `penalties` (see PENALTIES) the one is taken with
    the least held-out loss in variant 0, repeat 0.
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
    """The one of some penalties (see PENALTIES) with the least held-out loss (`scaled_loss`)."""
    problems = Problems.of(plan, 1, 1)
    labels = np.tile(problems.labels(plan), len(penalties))
    tried = np.asarray(penalties, np.float32) * np.float32(size / operator.rows)
    every = np.repeat(tried, len(problems))
    found = operator.times(solve(operator, labels, every).weights)
    parts = np.split(found, len(penalties), axis=1)
    wanted = plan.labels[0].astype(np.float64)
    lost = [scaled_loss(problems.held_out(part, plan)[0, 0], wanted) for part in parts]
    return penalties[int(np.argmin(lost))]


_LARGEST = 64.0  # scale, of margins of mean square 1
_HALVINGS = 40


def scaled_loss(margins: Floats, labels: npt.NDArray[np.floating]) -> float:
    """The least mean of -log sigmoid(sign(label) * scale * margin) over scales of 0 and more.

    Pairs (n) count by the size of their label. A stack of views gives each its scale, so a penalty
    that shrinks margins is none the worse for it. log 2 where there is nothing to be told.
    """
    shares = np.abs(labels, dtype=np.float64)
    beyond = np.sign(labels) * margins.astype(np.float64)
    square = shares @ beyond**2
    if not square:
        return float(np.log(2))
    beyond /= np.sqrt(square / shares.sum())
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):  # convex in the scale: towards where it is flat
        middle = (low + high) / 2
        rises = shares @ (beyond * sigmoid(-middle * beyond)) < 0
        low, high = (low, middle) if rises else (middle, high)
    return float(shares @ losses(low * beyond) / shares.sum())
