"""The pairs of each optimisation step, as a function of seed and step; no state to save."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from prefdata.config.reward import OptimiserConfig
from prefdata.records.arrays import Ints


def steps_per_epoch(count: int, optimiser: OptimiserConfig) -> int:
    """The steps of an epoch of `count` pairs; the last one may have fewer pairs."""
    return math.ceil(count / optimiser.pairs)


def step_count(count: int, optimiser: OptimiserConfig) -> int:
    """The steps of the whole run; a fraction of an epoch is rounded up, to at least one step."""
    return max(1, math.ceil(optimiser.epochs * steps_per_epoch(count, optimiser)))


def pair_count(count: int, optimiser: OptimiserConfig, steps: int | None = None) -> int:
    """The number of pairs in the first `steps` steps, or in all if None."""
    steps = step_count(count, optimiser) if steps is None else steps
    epochs, rest = divmod(steps, steps_per_epoch(count, optimiser))
    return epochs * count + rest * optimiser.pairs


def pairs_of_step(count: int, optimiser: OptimiserConfig, step: int) -> Ints:
    """The numbers of the pairs of a step (from 0); each epoch has an order of its own."""
    epoch, place = divmod(step, steps_per_epoch(count, optimiser))
    order = _order(count, optimiser.seed, epoch)
    return order[place * optimiser.pairs : (place + 1) * optimiser.pairs].copy()


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> Ints:
    return np.random.default_rng([seed, epoch]).permutation(count)
