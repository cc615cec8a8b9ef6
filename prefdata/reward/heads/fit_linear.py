"""All linear heads at once: penalised Bradley-Terry regression (see `conjugate_gradients`).

The curvature at zero, the same matrix for all columns but for their penalty, is the preconditioner,
so that some ten to thirty steps do, however unlike the scales of the features are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from prefdata.config.reward import ObjectiveConfig
from prefdata.reward.heads.batched_fits import FitColumns
from prefdata.reward.heads.conjugate_gradients import (
    PairLoss,
    Precondition,
    Progress,
    Solution,
    by_cholesky,
    minimise,
)
from prefdata.reward.heads.features import Floats, PairVectors, width_of

BLOCK = 4096  # pairs whose features are made at a time
KEPT_BYTES = 1 << 30  # features up to this size are made once, else anew in each step

_TOLERANCE = 1e-4  # of the norm of the gradient at zero
_MOST_STEPS = 1000


def fit_linear(
    pairs: PairVectors,
    names: tuple[str, ...],
    margins: Floats,
    columns: FitColumns,
    objective: ObjectiveConfig,
    progress: Progress | None = None,
) -> Solution:
    """Minimises, for every column: mean loss + penalty * |weight| squared.

    `margins` (n): subtracted from the reward margin, 0 where there is none. The loss is that of
    `ObjectiveConfig`: with smoothing the robust one (Chowdhury et al., 2024), and with centring
    the square of the sum of both rewards, each less its mean, which a constant can always reach.
    """
    loss = PairLoss(
        len(pairs),
        _Shares(columns),
        torch.from_numpy(np.ascontiguousarray(margins, np.float32))[:, None],
        objective.smoothing / (1 - 2 * objective.smoothing),
        objective.centring,
    )
    features = _Features(pairs, names, objective.centring)
    return minimise(
        features,
        loss,
        columns.penalties,
        tolerance=_TOLERANCE,
        most_steps=_MOST_STEPS,
        progress=progress,
    )


class _Shares:
    """The share of pairs in the mean loss of each column, negative where it is turned round."""

    def __init__(self, columns: FitColumns) -> None:
        self.columns = columns
        self.totals = torch.from_numpy(columns.counts.sum(axis=0, dtype=np.float32))

    def __call__(self, where: slice) -> Any:
        shares = torch.from_numpy(self.columns.counts[where]).float() / self.totals
        if self.columns.is_turned is None:
            return shares
        return shares * (1.0 - 2.0 * torch.from_numpy(self.columns.is_turned[where]).float())


class _Features:
    """Differences of the sides' features (n, width); with centring also their sums, below them."""

    def __init__(self, pairs: PairVectors, names: tuple[str, ...], centring: float) -> None:
        self.pairs, self.names, self.centring = pairs, names, centring
        self.width = width_of(names, pairs.dimension)
        self.rows = len(pairs) * (2 if centring else 1)
        self.middle = self._middle() if centring else None
        self.kept: list[tuple[slice, Any, Any]] | None = None
        if 4 * self.rows * self.width <= KEPT_BYTES:
            self.kept = list(self._blocks())

    def times(self, weights: Floats) -> Floats:
        """Reward margins (n, K) and, with centring, sums of rewards (n, K) below them."""
        outputs = torch.empty(self.rows, weights.shape[1])
        for where, difference, total in self._blocks():
            torch.mm(difference, torch.from_numpy(weights), out=outputs[where])
            if total is not None:
                torch.mm(total, torch.from_numpy(weights), out=outputs[self._below(where)])
        found: Floats = outputs.numpy()
        return found

    def transposed(self, pull: Floats) -> Floats:
        """The gradient (width, K) of what pulls at the outputs."""
        gradient = torch.zeros(self.width, pull.shape[1])
        for where, difference, total in self._blocks():
            gradient.addmm_(difference.T, torch.from_numpy(pull[where]))
            if total is not None:
                gradient.addmm_(total.T, torch.from_numpy(pull[self._below(where)]))
        found: Floats = gradient.numpy()
        return found

    def preconditioner(self, penalties: Floats) -> Precondition:
        """By the curvature at zero weights of the loss of all pairs."""
        gram = torch.zeros(self.width, self.width)
        for _, difference, total in self._blocks():
            gram.addmm_(difference.T, difference, alpha=0.25 / len(self.pairs))
            if total is not None:
                gram.addmm_(total.T, total, alpha=2 * self.centring / len(self.pairs))
        return by_cholesky(gram, penalties)

    def _below(self, where: slice) -> slice:
        return slice(where.start + len(self.pairs), where.stop + len(self.pairs))

    def _blocks(self) -> Iterator[tuple[slice, Any, Any]]:
        """(pairs, difference of their sides, sum of their sides less its mean or None)."""
        if self.kept is not None:
            yield from self.kept
            return
        for start in range(0, len(self.pairs), BLOCK):
            where = slice(start, min(start + BLOCK, len(self.pairs)))
            sides = torch.from_numpy(self.pairs.features(self.names, where))
            total = None if self.middle is None else sides.sum(dim=1) - self.middle
            yield where, sides[:, 0] - sides[:, 1], total

    def _middle(self) -> Any:
        total = torch.zeros(self.width, dtype=torch.float64)
        for start in range(0, len(self.pairs), BLOCK):
            sides = self.pairs.features(self.names, slice(start, start + BLOCK))
            total += torch.from_numpy(sides.sum(axis=(0, 1), dtype=np.float64))
        return (total / len(self.pairs)).float()
