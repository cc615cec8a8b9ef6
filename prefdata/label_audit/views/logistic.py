"""Antisymmetric logistic regression on differences of features, for many label sets at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from prefdata.records.arrays import Floats
from prefdata.reward.heads.conjugate_gradients import (
    Operator,
    PairLoss,
    Progress,
    Solution,
    minimise,
)
from prefdata.reward.heads.feature_blocks import BLOCK, Block, FeatureBlocks

TOLERANCE = 3e-3
"""Relative to the norm of the gradient at zero; margins are then within some thousandths of the
converged ones.
"""

WEIGHTS = 1 << 23  # weights solved for at a time; the solver's memory is about ten times as much
MOST_STEPS = 500


def solve(
    operator: Operator,
    labels: Floats,
    penalties: Floats,
    *,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> Solution:
    """Minimises, for each of K problems, with margins = operator * weights (no intercept):

    sum |label| * log(1 + exp(-sign(label) * margin)) / sum |label| + penalty * |weights| squared.

    `labels` (n, K) from -1 to 1: the size is the weight of a pair, and 0 leaves it out. `penalties`
    (K). A column without any label has weights of 0. Swapping the sides of a pair together with the
    sign of its label changes nothing.
    """
    weights = np.empty((operator.width, len(penalties)), np.float32)
    is_converged, steps = np.empty(len(penalties), np.bool_), 0
    for some in _batches(operator.width, len(penalties)):
        loss = PairLoss(len(labels), _shares(labels[:, some]))
        solution = minimise(
            operator,
            loss,
            penalties[some],
            tolerance=tolerance,
            most_steps=MOST_STEPS,
            progress=None if progress is None else _shifted(progress, some.start, len(penalties)),
        )
        weights[:, some], is_converged[some] = solution.weights, solution.is_converged
        steps = max(steps, solution.steps)
    return Solution(weights, is_converged, steps)


def _batches(width: int, columns: int) -> list[slice]:
    """Columns that are solved together, in about equal parts, which bounds the solver's memory."""
    most = max(WEIGHTS // max(width, 1), 1)
    ends = np.linspace(0, columns, -(-columns // most) + 1).astype(int).tolist()
    return [slice(first, last) for first, last in itertools.pairwise(ends)]


def _shares(labels: Floats) -> Callable[[slice], Any]:
    """The share of each pair in the mean loss of each column; 0 in a column without labels."""
    label_sums = np.abs(labels).sum(axis=0, dtype=np.float64).astype(np.float32)
    totals, values = torch.from_numpy(label_sums).clamp(min=1e-30), torch.from_numpy(labels)
    return lambda where: values[where] / totals


def _shifted(progress: Progress, done: int, total: int) -> Progress:
    return lambda finished, _: progress(done + finished, total)


def dense_differences(values: npt.NDArray[Any]) -> FeatureBlocks:
    """The operator of differences (n, width); float32 or float16, may be memory-mapped."""

    def blocks() -> Iterator[Block]:
        for start in range(0, len(values), BLOCK):
            where = slice(start, start + BLOCK)
            block = np.require(values[where], np.float32, ["C", "W"])
            yield where, torch.from_numpy(block), 0.25 / len(values)

    return FeatureBlocks(len(values), int(values.shape[1]), blocks)
