"""Computing the rewards of pairs."""

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
"""`progress(done)`: called with the number of pairs done so far."""


def silent(done: int) -> None:
    """A progress callback that does nothing."""


def rewards_of(
    network: RewardNetwork,
    pairs: TokenPairs,
    device: torch.device | str,
    limit: int,
    progress: Progress = silent,
    *,
    dtype: Dtype = "auto",
) -> Floats:
    """The rewards (n, 2) of chosen and rejected, in the order of the pairs.

    `limit`: tokens per batch, padding included. Rewards that are not finite are returned as they
    are, for the caller to handle.
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
    """Batches of pairs with at most `limit` tokens, on the device."""
    for part in batches(pairs, numbers, limit, packed=network.is_packed):
        yield network.collate(pairs, part).to(device)


@contextmanager
def evaluating(network: torch.nn.Module) -> Iterator[None]:
    """A context with the network in evaluation mode; restores its mode at the end."""
    before = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(before)
