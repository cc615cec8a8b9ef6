from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.reward import OptimiserConfig
from prefdata.reward.training.sampling import pair_count, pairs_of_step, step_count, steps_per_epoch


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 3), st.integers(0, 5))
def test_each_epoch_sees_each_pair_once(count: int, pairs: int, seed: int, epoch: int) -> None:
    config = OptimiserConfig(pairs=pairs, seed=seed)
    many = steps_per_epoch(count, config)
    steps = [pairs_of_step(count, config, epoch * many + step) for step in range(many)]
    assert sorted(np.concatenate(steps)) == list(range(count))
    assert [len(step) for step in steps[:-1]] == [pairs] * (many - 1)
    assert 1 <= len(steps[-1]) <= pairs


def test_another_epoch_or_seed_is_another_order() -> None:
    orders = {
        tuple(pairs_of_step(50, OptimiserConfig(pairs=50, seed=seed), epoch))
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


@given(st.integers(1, 60), st.integers(1, 20), st.floats(0.01, 3.5))
def test_counts_are_those_of_the_steps(count: int, pairs: int, epochs: float) -> None:
    config = OptimiserConfig(pairs=pairs, epochs=epochs)
    steps = step_count(count, config)
    seen = [len(pairs_of_step(count, config, step)) for step in range(steps)]
    assert pair_count(count, config) == sum(seen)
    assert pair_count(count, config, steps - 1) == sum(seen[:-1])


@pytest.mark.parametrize(("epochs", "steps"), [(0.01, 1), (0.5, 3), (1.0, 6), (1.5, 9), (2.0, 12)])
def test_epochs_may_be_fractions(epochs: float, steps: int) -> None:
    assert step_count(43, OptimiserConfig(pairs=8, epochs=epochs)) == steps
