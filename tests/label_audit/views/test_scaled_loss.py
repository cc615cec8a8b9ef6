from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.label_audit.views.crossfit import scaled_loss


@given(seed=st.integers(0, 1000), pull=st.floats(-2, 2))
def test_it_is_the_least_loss_over_many_scales(seed: int, pull: float) -> None:
    random = np.random.default_rng(seed)
    labels = random.uniform(-1, 1, 60)
    margins = (random.normal(size=60) + pull * np.sign(labels)).astype(np.float32)
    beyond = np.sign(labels) * margins
    square = np.abs(labels) @ beyond**2 / np.abs(labels).sum()
    tried = np.concatenate([[0], np.geomspace(1e-3, 64 / np.sqrt(square), 2000)])
    losses = np.logaddexp(0, -tried[:, None] * beyond) @ np.abs(labels) / np.abs(labels).sum()
    assert scaled_loss(margins, labels) == pytest.approx(losses.min(), abs=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 3.0, 1e6])
def test_the_scale_of_margins_does_not_matter(scale: float) -> None:
    margins = np.array([1, -2, 3, 0.5], np.float32)
    labels = np.array([1, 1, 0.5, -0.2])
    wanted = scaled_loss(margins, labels)
    assert scaled_loss((scale * margins).astype(np.float32), labels) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("margins", "labels"), [([0, 0], [1, 1]), ([1, 2], [0, 0]), ([], []), ([1, 2], [-1, -1])]
)
def test_nothing_told_costs_log_2(margins: list[float], labels: list[float]) -> None:
    found = scaled_loss(np.array(margins, np.float32), np.array(labels, np.float64))
    assert found == pytest.approx(math.log(2))


def test_margins_that_are_always_right_cost_next_to_nothing() -> None:
    assert scaled_loss(np.array([1, -2], np.float32), np.array([1.0, -1.0])) < 1e-6
