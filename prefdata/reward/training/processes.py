"""One process, or several that torchrun has started and that train one model together.

Gradients are added up once a step, after all micro-batches, in one call: no wrapper around the
model, no rule about how many micro-batches a process has, and every sum is over all the pairs of
the step, so what comes out is what one process gives, up to rounding.
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
"""The first may tokenise for hours while the others wait; torchrun ends all when one fails."""


@dataclass(frozen=True)
class Processes:
    """How many there are, and which of them this is."""

    number: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and reports."""
        return self.number == 0

    def share(self, pairs: TokenPairs, numbers: Ints) -> Ints:
        """Its part of the pairs of a step: every `count`-th, in order of length; may be empty."""
        lengths = pairs.starts[numbers + 1] - pairs.starts[numbers]
        return numbers[np.argsort(lengths, kind="stable")][self.number :: self.count]

    def add_up(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes, in place."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def same_weights(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """Gives all processes the weights of the first."""
        if self.count > 1:
            for weight in weights:
                dist.broadcast(weight.detach(), src=0)

    def told(self, text: str | None) -> str:
        """What the first says, to all of them; the others say None."""
        said = [text]
        if self.count > 1:
            dist.broadcast_object_list(said, src=0)
        assert said[0] is not None, "the first says something"
        return said[0]

    def wait(self) -> None:
        """Returns when all processes have come here."""
        if self.count > 1:
            dist.barrier()


def processes_here() -> Processes:
    """What torchrun says about this process; the only one where it says nothing."""
    return Processes(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))


@contextmanager
def together(device: torch.device) -> Iterator[Processes]:
    """Joins the processes that torchrun has started; nothing to join is fine."""
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
