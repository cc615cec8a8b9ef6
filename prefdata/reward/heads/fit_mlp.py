"""Trains all mlp heads at once: one hidden layer each, by AdamW on the same mini-batches.

The first layers of all heads form one wide matrix, so that a mini-batch costs one product. Every
head stops by itself, at the epoch with the least loss on pairs that it was not trained on: those of
the part of the groups that this member leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from prefdata.config.reward import ObjectiveConfig
from prefdata.errors import DataError
from prefdata.records.arrays import Floats, Ints
from prefdata.reward.heads.batched_fits import FitColumns
from prefdata.reward.heads.conjugate_gradients import Progress
from prefdata.reward.heads.feature_blocks import BLOCK
from prefdata.reward.heads.features import PairVectors, width_of

_PAIRS, _STEPS = 256, 16  # largest mini-batch in pairs, fewest mini-batches per epoch
_RATE = 1e-3  # learning rate of AdamW
_PATIENCE = 3  # epochs without a lower loss on pairs outside
_MOST_EPOCHS = 200


@dataclass(frozen=True)
class MlpFit:
    """`first` (width, K, hidden), `bias` (K, hidden), `second` (K, hidden).

    `is_converged` (K): it stopped by itself. `epochs`: the number that the slowest fit ran.
    """

    first: Floats
    bias: Floats
    second: Floats
    is_converged: np.ndarray
    epochs: int


def fit_mlp(
    pairs: PairVectors,
    names: tuple[str, ...],
    margins: Floats,
    columns: FitColumns,
    objective: ObjectiveConfig,
    progress: Progress | None = None,
    *,
    hidden: int,
    seed: int,
) -> MlpFit:
    """Minimises the mean loss, with decoupled weight decay (the penalty), and stops early.

    The loss is that of `fit_linear`. Raises DataError if a fit has no pair outside for early
    stopping.
    """
    _check(columns)
    network = HeadNetwork(width_of(names, pairs.dimension), len(columns), hidden, seed)
    trainer = HeadTrainer(pairs, names, margins, columns, objective, network)
    random = np.random.default_rng([seed, len(columns)])
    best = [parameter.detach().clone() for parameter in network.parameters]
    lowest = torch.full((len(columns),), torch.inf)
    waited = torch.zeros(len(columns), dtype=torch.int64)
    epoch = 0
    while bool((waited < _PATIENCE).any()) and epoch < _MOST_EPOCHS:
        trainer.epoch(random)
        loss = trainer.outside()
        is_better = (loss < lowest) & (waited < _PATIENCE)
        lowest = torch.where(is_better, loss, lowest)
        waited = torch.where(is_better, 0, waited + 1)
        for kept, parameter in zip(best, network.parameters, strict=True):
            dims = (1,) * (kept.ndim - 2) + (-1, 1)
            kept.copy_(torch.where(is_better.view(dims), parameter.detach(), kept))
        epoch += 1
        if progress is not None:
            progress(int((waited >= _PATIENCE).sum()), len(columns))
    first, bias, second = (kept.numpy() for kept in best)
    return MlpFit(first, bias, second, (waited >= _PATIENCE).numpy(), epoch)


class HeadNetwork:
    """K heads: a reward is second * tanh(features * first + bias)."""

    def __init__(self, width: int, count: int, hidden: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        first = torch.randn(width, count, hidden, generator=generator) / width**0.5
        second = torch.randn(count, hidden, generator=generator) / (10 * hidden**0.5)
        self.parameters = [first, torch.zeros(count, hidden), second]
        for parameter in self.parameters:
            parameter.requires_grad_()

    def rewards(self, sides: Any) -> Any:
        """Rewards (pairs, 2, K) of features (pairs, 2, width)."""
        first, bias, second = self.parameters
        width, count, hidden = first.shape
        wide = torch.addmm(bias.view(-1), sides.view(-1, width), first.view(width, -1))
        units = torch.tanh(wide).view(-1, count, hidden)
        return (units * second).sum(-1).view(-1, 2, count)


class HeadTrainer:
    """Trains all columns: holds the pairs, the network and the optimiser."""

    def __init__(
        self,
        pairs: PairVectors,
        names: tuple[str, ...],
        margins: Floats,
        columns: FitColumns,
        objective: ObjectiveConfig,
        network: HeadNetwork,
    ) -> None:
        self.pairs, self.names, self.columns, self.network = pairs, names, columns, network
        self.margins = torch.from_numpy(np.ascontiguousarray(margins, np.float32))[:, None]
        self.slope = objective.smoothing / (1 - 2 * objective.smoothing)
        self.centring = objective.centring
        self.decay = 1 - _RATE * torch.from_numpy(columns.penalties)
        self.optimiser = torch.optim.Adam(network.parameters, lr=_RATE, betas=(0.9, 0.99))
        self.outsides = [
            torch.from_numpy(columns.is_outside[start : start + BLOCK]).float()
            for start in range(0, len(pairs), BLOCK)
        ]

    def epoch(self, random: np.random.Generator) -> None:
        """Trains on every pair once, all heads in the same order."""
        order = random.permutation(len(self.pairs))
        size = max(1, min(_PAIRS, len(order) // _STEPS))
        for start in range(0, len(order), size):
            numbers = order[start : start + size]
            counts = torch.from_numpy(self.columns.counts[numbers]).float()
            loss = (self.losses(numbers) * counts).sum() / len(numbers)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            with torch.no_grad():  # decay by column, which PyTorch's optimisers do not offer
                self.network.parameters[0].mul_(self.decay[:, None])
                self.network.parameters[2].mul_(self.decay[:, None])

    def outside(self) -> Any:
        """Mean loss (K) of the pairs outside."""
        total = torch.zeros(len(self.columns))
        with torch.inference_mode():
            for block, outside in enumerate(self.outsides):
                numbers = np.arange(block * BLOCK, block * BLOCK + len(outside))
                total += (self.losses(numbers) * outside).sum(0)
        return total / torch.from_numpy(self.columns.is_outside.sum(0, dtype=np.float32))

    def losses(self, numbers: Ints) -> Any:
        """Losses (pairs, K) of some pairs in each column."""
        rewards = self.network.rewards(torch.from_numpy(self.pairs.features(self.names, numbers)))
        difference = rewards[:, 0] - rewards[:, 1]
        if self.columns.is_turned is not None:
            difference = difference * (
                1 - 2.0 * torch.from_numpy(self.columns.is_turned[numbers]).float()
            )
        beyond = difference - self.margins[numbers]
        losses = torch.nn.functional.softplus(-beyond) - self.slope * beyond
        return losses + self.centring * rewards.sum(1).square() if self.centring else losses


def _check(columns: FitColumns) -> None:
    if not (columns.is_outside.any(axis=0) & columns.counts.any(axis=0)).all():
        raise DataError(
            "too few groups of pairs for mlp heads: each of the members does without a part of "
            "them, to stop by. Set head.kind to linear or head.members lower, or train on more data"
        )
