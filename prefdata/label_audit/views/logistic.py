"""Antisymmetric logistic regression on differences of features, for many labellings at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from prefdata.reward.heads.conjugate_gradients import (
    Floats,
    Operator,
    PairLoss,
    Precondition,
    Progress,
    Solution,
    by_cholesky,
    minimise,
)

__all__ = ["DenseDifferences", "Operator", "Solution", "solve"]

TOLERANCE = 3e-3
"""Of the norm of the gradient at zero: margins differ by some thousandths from those at the end."""

_WEIGHTS = 1 << 23  # weights that a search is for at a time; it holds some ten times as much
_MOST_STEPS = 500
_BLOCK = 4096  # pairs multiplied at a time


def solve(
    operator: Operator,
    labels: Floats,
    penalties: Floats,
    *,
    start: Floats | None = None,
    tolerance: float = TOLERANCE,
    progress: Progress | None = None,
) -> Solution:
    """Minimises, for each of K problems, with margins = operator * weights (no intercept):

    sum |label| * log(1 + exp(-sign(label) * margin)) / sum |label| + penalty * |weights| squared.

    `labels` (n, K) from -1 to 1: 0 leaves a pair out, and what lies between counts as much less.
    `penalties` (K). `start` (width, K): weights to begin with. A column without any label has
    weights of 0. Turning the sides of a pair and its label changes nothing.
    """
    if start is not None:
        start = np.where(labels.any(axis=0), start, np.float32(0))
    weights = np.empty((operator.width, len(penalties)), np.float32)
    is_converged, steps = np.empty(len(penalties), np.bool_), 0
    for some in _batches(operator.width, len(penalties)):
        loss = PairLoss(len(labels), _shares(labels[:, some]))
        begin = None if start is None else start[:, some]
        found = minimise(
            operator,
            loss,
            penalties[some],
            tolerance=tolerance,
            most_steps=_MOST_STEPS,
            start=begin,
            progress=None if progress is None else _shifted(progress, some.start, len(penalties)),
        )
        weights[:, some], is_converged[some] = found.weights, found.is_converged
        steps = max(steps, found.steps)
    return Solution(weights, is_converged, steps)


def _batches(width: int, columns: int) -> list[slice]:
    """Columns that are solved together, in about equal parts: what a search holds has a bound."""
    most = max(_WEIGHTS // max(width, 1), 1)
    ends = np.linspace(0, columns, -(-columns // most) + 1).astype(int).tolist()
    return [slice(first, last) for first, last in itertools.pairwise(ends)]


def _shares(labels: Floats) -> Callable[[slice], Any]:
    """The share of each pair in the mean loss of each column; all are 0 where no label is given."""
    given = np.abs(labels).sum(axis=0, dtype=np.float64).astype(np.float32)
    totals, values = torch.from_numpy(given).clamp(min=1e-30), torch.from_numpy(labels)
    return lambda where: values[where] / totals


def _shifted(progress: Progress, done: int, total: int) -> Progress:
    return lambda finished, _: progress(done + finished, total)


@dataclass(frozen=True)
class DenseDifferences:
    """Features (n, width) of chosen less those of rejected: float32 or float16, may be mapped."""

    values: npt.NDArray[Any]

    @property
    def rows(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        return int(self.values.shape[1])

    def times(self, weights: Floats) -> Floats:
        """Margins (n, K) of weights (width, K)."""
        margins = torch.empty(self.rows, weights.shape[1])
        for where, block in self._blocks():
            torch.mm(block, torch.from_numpy(weights), out=margins[where])
        found: Floats = margins.numpy()
        return found

    def transposed(self, pull: Floats) -> Floats:
        """The gradient (width, K) of what pulls at the margins (n, K)."""
        gradient = torch.zeros(self.width, pull.shape[1])
        for where, block in self._blocks():
            gradient.addmm_(block.T, torch.from_numpy(pull[where]))
        found: Floats = gradient.numpy()
        return found

    def preconditioner(self, penalties: Floats) -> Precondition:
        """By the curvature at zero weights where all pairs count alike."""
        return by_cholesky(self._gram, penalties)

    @cached_property
    def _gram(self) -> Any:
        gram = torch.zeros(self.width, self.width)
        for _, block in self._blocks():
            gram.addmm_(block.T, block, alpha=0.25 / max(self.rows, 1))
        return gram

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        for start in range(0, self.rows, _BLOCK):
            where = slice(start, start + _BLOCK)
            yield where, torch.from_numpy(np.require(self.values[where], np.float32, ["C", "W"]))
