"""Data-parallel training in one process, or in several started by torchrun.

Gradients are summed once per step, after all micro-batches, in one call. This needs no wrapper
around the model, and processes may have different numbers of micro-batches. Every sum is over all
pairs of the step, so the result equals that of one process, up to rounding.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
import torch.distributed as dist

from prefdata.records.arrays import Ints
from prefdata.reward.backbone.hardware import backend_of
from prefdata.reward.backbone.pairs import TokenPairs

_PATIENCE = timedelta(hours=24)
"""The time-out of waits: the first process may tokenise for hours while the others wait. If one
fails, torchrun ends all."""


@dataclass(frozen=True)
class Processes:
    """The number of this process, and the count of all processes."""

    number: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and reports."""
        return self.number == 0

    def share(self, pairs: TokenPairs, numbers: Ints) -> Ints:
        """This process's share of the pairs of a step: every `count`-th by length; may be empty."""
        lengths = pairs.starts[numbers + 1] - pairs.starts[numbers]
        return numbers[np.argsort(lengths, kind="stable")][self.number :: self.count]

    def add_up(self, values: torch.Tensor) -> torch.Tensor:
        """Sums a tensor over all processes, in place, and returns it."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def same_weights(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Copies the weights of the first process to all others."""
        if self.count > 1:
            for weight in weights:
                dist.broadcast(weight.detach(), src=0)

    def broadcast(self, text: str | None) -> str:
        """Sends a text from the first process to all others, which pass None; returns it."""
        texts = [text]
        if self.count > 1:
            dist.broadcast_object_list(texts, src=0)
        assert texts[0] is not None, "the first says something"
        return texts[0]

    def wait(self) -> None:
        """A barrier: returns when all processes have called it."""
        if self.count > 1:
            dist.barrier()


def processes_here() -> Processes:
    """The process as described by torchrun's environment; a single one without it."""
    return Processes(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))


@contextmanager
def process_group(device: torch.device) -> Iterator[Processes]:
    """A context in which the processes of torchrun are connected; a single process needs
    nothing."""
    processes = processes_here()
    is_ours = processes.count > 1 and not dist.is_initialized()
    if is_ours:
        own = device if device.type == "cuda" else None
        dist.init_process_group(backend_of(device), timeout=_PATIENCE, device_id=own)
    try:
        yield processes
    finally:
        if is_ours:
            dist.destroy_process_group()
