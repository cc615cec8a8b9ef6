"""Rewards and losses of the pairs of a step, collected over micro-batches and processes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from prefdata.errors import RunError
from prefdata.records.arrays import Ints
from prefdata.reward.backbone.batch import PairBatch
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.reward.training.objective import right_pairs
from prefdata.reward.training.processes import Processes

Names = Callable[[Ints], list[str]]
"""Row numbers to their names in messages."""

_NAMED = 10
"""The most rows that an error names."""


def row_numbers(rows: Ints) -> list[str]:
    """Default names of rows in messages: `row 7`."""
    return [f"row {row}" for row in rows.tolist()]


class StepMetrics:
    """Rewards and losses of the pairs of a step, or of all held-out pairs.

    Each process adds its share by `note`; after `add_up` all processes have all values.
    """

    def __init__(self, pairs: TokenPairs, numbers: Ints, device: torch.device) -> None:
        self._numbers = np.sort(numbers)
        self._rows = pairs.rows[self._numbers]
        self._table = torch.zeros(len(numbers), 3, device=device)

    def note(self, batch: PairBatch, rewards: torch.Tensor, losses: torch.Tensor) -> None:
        places = torch.from_numpy(np.searchsorted(self._numbers, batch.numbers))
        values = torch.cat([rewards.detach(), losses.detach()[:, None]], 1)
        self._table[places.to(values.device)] = values

    def add_up(self, processes: Processes) -> None:
        self._table = processes.add_up(self._table).cpu()

    @property
    def loss(self) -> float:
        return float(self._table[:, 2].mean())

    @property
    def accuracy(self) -> float:
        """Pairwise accuracy: the share (0 to 1) of pairs whose chosen has the higher reward."""
        return float(right_pairs(self._table).float().mean())

    def check(self, when: str, gradient_norm: float = 0.0, *, names: Names = row_numbers) -> None:
        """Raises RunError, which names rows, if a reward, a loss or the gradient is not finite."""
        is_finite = self._table.isfinite().all(1).numpy()
        if is_finite.all() and np.isfinite(gradient_norm):
            return
        what = "gradient" if is_finite.all() else "loss"
        rows = self._rows if is_finite.all() else self._rows[~is_finite]
        named = "; ".join(names(rows[:_NAMED]))
        more = f"; and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
        raise RunError(
            f"the {what} is not a finite number {when}, for {named}{more}. "
            "Nothing after this would mean anything, so the training stopped. Lower "
            "optimiser.learning_rate, raise optimiser.warmup, set optimiser.clip to 1 and "
            "backbone.dtype to float32; if it is in the first step, look at these rows and at "
            "the weights of the model"
        )
