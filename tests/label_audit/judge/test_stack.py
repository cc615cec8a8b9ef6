from __future__ import annotations

import numpy as np
import pytest
from audit_world import world
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.stack import crossfitted, odd_logistic, stacked
from prefdata.label_audit.views.plans import plan_of
from prefdata.label_audit.views.view import JudgingPlan


def objective(weights: np.ndarray, columns: np.ndarray, labels: np.ndarray) -> float:
    losses = np.logaddexp(0.0, -np.sign(labels) * (weights @ columns))
    return float(np.abs(labels) @ losses + weights @ weights / 2)


def slow(columns: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The same by a general minimiser with bounds."""
    return minimize(
        objective,
        np.full(len(columns), 0.1),
        args=(columns, labels),
        bounds=[(0, None)] * len(columns),
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-9},
    ).x


@given(
    seed=st.integers(0, 2**32),
    views=st.integers(1, 5),
    pairs=st.integers(1, 60),
    signal=st.floats(-5, 5),
)
def test_coefficients_are_the_best_that_are_not_negative(
    seed: int, views: int, pairs: int, signal: float
) -> None:
    random = np.random.default_rng(seed)
    columns = random.normal(size=(views, views)) @ random.normal(size=(views, pairs))
    labels = np.sign(random.normal(size=pairs) + signal * columns[0])
    labels *= random.choice([0.0, 0.4, 1.0], pairs)
    found = odd_logistic(columns, labels)
    assert (found >= 0).all()
    reference = objective(slow(columns, labels), columns, labels)
    assert objective(found, columns, labels) <= reference + 1e-6


def test_a_fold_is_judged_by_coefficients_of_the_others() -> None:
    random = np.random.default_rng(0)
    columns, folds = random.normal(size=(3, 200)), random.integers(0, 4, 200)
    labels = np.sign(columns.sum(axis=0) + random.normal(size=200))
    found = crossfitted(columns, labels, folds)
    for fold in range(4):
        others = folds != fold
        expected = odd_logistic(columns[:, others], labels[others])
        assert found[fold] == pytest.approx(expected, abs=1e-6)
        turned = crossfitted(columns, np.where(others, labels, -labels), folds)
        assert np.array_equal(turned[fold], found[fold])


def test_turning_pairs_round_turns_their_margins_and_no_others() -> None:
    data = world(400, seed=1)
    plan = plan_of(data.groups, AuditConfig())
    margins = np.stack([view.margins(plan) for view in data.views])
    turn = np.random.default_rng(2).choice([-1, 1], len(data.groups)).astype(np.float32)
    one = stacked(margins, plan)
    other = stacked(margins * turn, JudgingPlan(plan.labels * turn, plan.folds))
    assert other.margins == pytest.approx(one.margins * turn, abs=1e-4)
    assert other.weights == pytest.approx(one.weights, abs=1e-4)


def test_together_views_know_more_and_a_view_of_noise_weighs_little() -> None:
    data = world(6000, seed=3)
    plan = plan_of(data.groups, AuditConfig(repeats=1))
    margins = np.stack([view.margins(plan) for view in data.views])
    stack = stacked(margins, plan)
    alone = (margins[:, 0, 0] > 0).mean(axis=1)
    assert (stack.margins[0, 0] > 0).mean() > alone.max()
    assert stack.weights[0] < 0.1 < 0.4 < stack.weights[1:].min()


def test_a_view_that_knows_nothing_of_any_pair_is_survived() -> None:
    plan = plan_of(np.arange(50), AuditConfig(repeats=1))
    assert not stacked(np.zeros((2, plan.variants, 1, 50)), plan).margins.any()
