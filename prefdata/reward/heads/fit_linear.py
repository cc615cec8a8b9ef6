"""Fits all linear heads at once: penalised Bradley-Terry regression (see `conjugate_gradients`).

The preconditioner is the curvature at zero, the same matrix for all columns except for their
penalty, so that ten to thirty steps suffice, however different the scales of the features are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from prefdata.config.reward import ObjectiveConfig
from prefdata.records.arrays import Floats
from prefdata.reward.heads.batched_fits import FitColumns
from prefdata.reward.heads.conjugate_gradients import (
    PairLoss,
    Progress,
    Solution,
    minimise,
)
from prefdata.reward.heads.feature_blocks import BLOCK, Block, FeatureBlocks
from prefdata.reward.heads.features import PairVectors, width_of

KEPT_BYTES = 1 << 30  # features up to this size are computed once, larger ones in each step

_TOLERANCE = 1e-4  # relative to the norm of the gradient at zero
MOST_STEPS = 1000


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
    `ObjectiveConfig`: with smoothing the robust one (Chowdhury et al., 2024), and with centring the
    square of the sum of both rewards, each minus its mean, which a constant can always achieve.
    """
    loss = PairLoss(
        len(pairs),
        _Shares(columns),
        torch.from_numpy(np.ascontiguousarray(margins, np.float32))[:, None],
        objective.smoothing / (1 - 2 * objective.smoothing),
        objective.centring,
    )
    return minimise(
        _features(pairs, names, objective.centring),
        loss,
        columns.penalties,
        tolerance=_TOLERANCE,
        most_steps=MOST_STEPS,
        progress=progress,
    )


class _Shares:
    """The share of pairs in the mean loss of each column, negative if the label is flipped."""

    def __init__(self, columns: FitColumns) -> None:
        self.columns = columns
        self.totals = torch.from_numpy(columns.counts.sum(axis=0, dtype=np.float32))

    def __call__(self, where: slice) -> Any:
        shares = torch.from_numpy(self.columns.counts[where]).float() / self.totals
        if self.columns.is_turned is None:
            return shares
        return shares * (1.0 - 2.0 * torch.from_numpy(self.columns.is_turned[where]).float())


def _features(pairs: PairVectors, names: tuple[str, ...], centring: float) -> FeatureBlocks:
    """Differences of the sides' features (n, width); with centring also their sums, below them."""
    width = width_of(names, pairs.dimension)
    rows = len(pairs) * (2 if centring else 1)
    middle = _middle(pairs, names, width) if centring else None

    def blocks() -> Iterator[Block]:
        for start in range(0, len(pairs), BLOCK):
            where = slice(start, min(start + BLOCK, len(pairs)))
            sides = torch.from_numpy(pairs.features(names, where))
            yield where, sides[:, 0] - sides[:, 1], 0.25 / len(pairs)
            if middle is not None:
                below = slice(where.start + len(pairs), where.stop + len(pairs))
                yield below, sides.sum(dim=1) - middle, 2 * centring / len(pairs)

    if 4 * rows * width > KEPT_BYTES:
        return FeatureBlocks(rows, width, blocks)
    kept = list(blocks())
    return FeatureBlocks(rows, width, lambda: kept)


def _middle(pairs: PairVectors, names: tuple[str, ...], width: int) -> Any:
    """Mean features (width) of a side."""
    total = torch.zeros(width, dtype=torch.float64)
    for start in range(0, len(pairs), BLOCK):
        sides = pairs.features(names, slice(start, start + BLOCK))
        total += torch.from_numpy(sides.sum(axis=(0, 1), dtype=np.float64))
    return (total / len(pairs)).float()
