"""Antisymmetric logistic regression on differences of features, for many labellings at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from prefdata.reward.solver import (
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

TOLERANCE = 1e-3
"""Of the norm of the gradient at zero."""

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
    given = np.abs(labels).sum(axis=0, dtype=np.float64).astype(np.float32)
    totals, shares = torch.from_numpy(given).clamp(min=1e-30), torch.from_numpy(labels)
    if start is not None:
        start = np.where(given > 0, start, np.float32(0))
    return minimise(
        operator,
        PairLoss(len(labels), lambda where: shares[where] / totals),
        penalties,
        tolerance=tolerance,
        most_steps=_MOST_STEPS,
        start=start,
        progress=progress,
    )


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
        gram = torch.zeros(self.width, self.width)
        for _, block in self._blocks():
            gram.addmm_(block.T, block, alpha=0.25 / max(self.rows, 1))
        return by_cholesky(gram, penalties)

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        for start in range(0, self.rows, _BLOCK):
            where = slice(start, start + _BLOCK)
            yield where, torch.from_numpy(np.require(self.values[where], np.float32, "CW"))
