"""A feature matrix that is read block by block, for the solver of `conjugate_gradients`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from prefdata.records.arrays import Floats
from prefdata.reward.heads.conjugate_gradients import Precondition

Block = tuple[slice, Any, float]
"""Rows, their features as a tensor, and the weight of their squares in the curvature at zero."""

BLOCK = 4096  # pairs whose features are made, or multiplied, at a time

_SHIFT = 1e-6


@dataclass(frozen=True)
class FeatureBlocks:
    """An `Operator`: a dense matrix (rows, width) in `blocks`, which start anew at each call."""

    rows: int
    width: int
    blocks: Callable[[], Iterable[Block]]

    def times(self, weights: Floats) -> Floats:
        """See `Operator.times`."""
        outputs = torch.empty(self.rows, weights.shape[1])
        for where, features, _ in self.blocks():
            torch.mm(features, torch.from_numpy(weights), out=outputs[where])
        result: Floats = outputs.numpy()
        return result

    def transposed(self, pull: Floats) -> Floats:
        """See `Operator.transposed`."""
        gradient = torch.zeros(self.width, pull.shape[1])
        for where, features, _ in self.blocks():
            gradient.addmm_(features.T, torch.from_numpy(pull[where]))
        result: Floats = gradient.numpy()
        return result

    def preconditioner(self, penalties: Floats) -> Precondition:
        """Solves with the curvature at zero weights, all pairs weighted equally."""
        return _by_cholesky(self._curvature, penalties)

    @cached_property
    def _curvature(self) -> Any:
        curvature = torch.zeros(self.width, self.width)
        for _, features, share in self.blocks():
            curvature.addmm_(features.T, features, alpha=share)
        return curvature


def _by_cholesky(gram: Any, penalties: Floats) -> Precondition:
    """The preconditioner of the curvature `gram` (width, width) + 2 * penalty on the diagonal."""
    least = _SHIFT * float(gram.trace())  # keeps the matrix positive definite under rounding
    distinct, which = np.unique(penalties, return_inverse=True)
    unit = torch.eye(len(gram), dtype=torch.float64)
    # unlike the eigenvectors, which LAPACK fails to find at times, it exists for few pairs too
    factors = [
        torch.linalg.cholesky(gram.double() + max(2 * float(penalty), least) * unit).float()
        for penalty in distinct
    ]

    def precondition(gradient: Floats) -> Floats:
        towards = np.empty_like(gradient)
        for number, factor in enumerate(factors):
            own = which == number
            solved = torch.cholesky_solve(torch.from_numpy(gradient[:, own]), factor)
            towards[:, own] = solved.numpy()
        return towards

    return precondition
