"""Rewards of pairs, without training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from prefdata.records.arrays import Floats, Ints
from prefdata.reward.backbone.batch import PairBatch, batches
from prefdata.reward.backbone.hardware import Dtype, autocast
from prefdata.reward.backbone.network import RewardNetwork
from prefdata.reward.backbone.pairs import TokenPairs

Progress = Callable[[int], None]
"""`progress(done)`: so many pairs are done so far."""


def silent(done: int) -> None:
    """Tells nobody."""


def rewards_of(
    network: RewardNetwork,
    pairs: TokenPairs,
    device: torch.device | str,
    limit: int,
    progress: Progress = silent,
    *,
    dtype: Dtype = "auto",
) -> Floats:
    """Rewards (n, 2) of chosen and rejected, in the order of the pairs.

    `limit`: tokens that run through the model at a time. A reward that is no finite number comes
    back as it is; it is for the caller to say what becomes of its row.
    """
    rewards = np.empty((len(pairs), 2), np.float32)
    device, done = torch.device(device), 0
    with evaluating(network), torch.no_grad(), autocast(device, dtype):
        numbers = np.arange(len(pairs))
        for batch in micro_batches(network, pairs, numbers, limit, device):
            rewards[batch.numbers] = network(batch).cpu().numpy()
            done += len(batch.numbers)
            progress(done)
    return rewards


def micro_batches(
    network: RewardNetwork, pairs: TokenPairs, numbers: Ints, limit: int, device: torch.device
) -> Iterator[PairBatch]:
    """The pairs in batches of at most `limit` tokens, on the device."""
    for part in batches(pairs, numbers, limit, packed=network.is_packed):
        yield network.collate(pairs, part).to(device)


@contextmanager
def evaluating(network: torch.nn.Module) -> Iterator[None]:
    """The network in evaluation mode; afterwards in the mode that it was in."""
    before = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(before)
