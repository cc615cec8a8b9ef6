from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.results.sentences import chinese
from prefdata.transforms.metrics.baselines import (
    LengthRule,
    constant,
    label_flips,
    length_only,
    length_rule,
    log_ratios,
    shuffled_refit,
)
from prefdata.transforms.metrics.bootstrap import Bootstrap

lengths_of = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)))


def slow_loss(weight: float, pairs: list[tuple[int, int]]) -> float:
    """What the rule minimises: the loss of the pairs and of two more, one each way."""
    ratios = [math.log((1 + c) / (1 + r)) for c, r in pairs] + [1.0, -1.0]
    return sum(float(np.logaddexp(0, -weight * ratio)) for ratio in ratios)


@given(lengths_of)
def test_the_weight_is_the_likeliest(pairs: list[tuple[int, int]]) -> None:
    chosen, rejected = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    weight = length_rule(chosen, rejected).weight
    least = slow_loss(weight, pairs)
    assert all(least <= slow_loss(weight + step, pairs) + 1e-9 for step in (-0.1, -1e-3, 1e-3, 0.1))
    assert length_rule(rejected, chosen).weight == pytest.approx(-weight, abs=1e-6)


@pytest.mark.parametrize(("lean", "says"), [(1.5, "longer"), (-1.5, "shorter")])
def test_the_direction_is_learnt_and_measured_elsewhere(lean: float, says: str) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 300, (2, 6000))
    is_first = rng.random(6000) < 1 / (1 + np.exp(-lean * log_ratios(*lengths)))
    chosen, rejected = np.where(is_first, lengths, lengths[::-1])
    rule = length_rule(chosen[:5000], rejected[:5000])
    assert rule.weight == pytest.approx(lean, abs=0.1)
    margins = rule.reward_margins(chosen[5000:], rejected[5000:])
    found = length_only(rule, margins, np.arange(1000), Bootstrap())
    better = (chosen > rejected) if lean > 0 else (chosen < rejected)
    ties = chosen[5000:] == rejected[5000:]
    assert found.value == pytest.approx(np.mean(better[5000:] + ties / 2), abs=1e-6)
    assert found.low is not None and found.low > 0.6
    assert found.loss is not None and found.loss < math.log(2)
    assert says in found.made and "5,000 pairs" in found.made


@pytest.mark.parametrize("pairs", [[], [(4, 4), (9, 9)], [(3, 5), (5, 3)]])
def test_where_length_says_nothing_a_coin_decides(pairs: list[tuple[int, int]]) -> None:
    lengths = np.array(pairs, np.int64).reshape(-1, 2).T
    rule = length_rule(*lengths)
    found = length_only(rule, rule.reward_margins(*lengths), np.arange(len(pairs)), Bootstrap(9))
    assert rule == LengthRule(0.0, len(pairs))
    assert (found.value, found.loss) == ((0.5, 0.693147) if pairs else (None, None))
    assert "length predicts nothing" in found.made


def test_lengths_that_always_decide_give_a_finite_weight() -> None:
    rule = length_rule(np.full(100_000, 1001), np.full(100_000, 1000))
    assert 100 < rule.weight < math.inf


def test_constant_is_one_half_by_definition() -> None:
    found = constant(np.array([1, 1, 2]))
    assert (found.pairs, found.groups, found.value, found.loss) == (3, 2, 0.5, 0.693147)
    assert found.low is None
    assert constant(np.zeros(0, np.int64)).value is None


def test_flips_are_those_of_throwing_a_coin_for_each_group() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 50, 300)
    margins = np.where(rng.random(300) < 0.05, 0.0, rng.normal(0.5, 1, 300))
    slow = []
    for _ in range(3000):
        signs = rng.choice([-1, 1], 50)[groups]
        right = [0.5 if margin == 0 else float(margin > 0) for margin in margins * signs]
        slow.append(sum(right) / 300)
    found = label_flips(margins, groups, Bootstrap(3000))
    assert found.value == 0.5 == pytest.approx(np.mean(slow), abs=0.01)
    assert (found.low, found.high) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.015)
    both = [(math.log1p(math.exp(-m)) + math.log1p(math.exp(m))) / 2 for m in margins]
    assert found.loss == pytest.approx(np.mean(both), abs=1e-6)


def test_flips_of_few_large_groups_range_widely() -> None:
    """An accuracy of 0.8 is no surprise where ten conversations hold all the pairs."""
    margins = np.where(np.arange(1000) % 10 < 8, 1.0, -1.0)
    few, many = (label_flips(margins, np.arange(1000) // size, Bootstrap()) for size in (100, 1))
    assert few.high is not None and many.high is not None
    assert few.high > 0.65 > 0.55 > many.high


def test_a_refit_is_measured_as_any_model() -> None:
    found = shuffled_refit(np.array([1.0, -1.0, 0.0, 2.0]), np.arange(4), Bootstrap())
    assert found.value == 0.625
    assert "labels" in found.made


def test_constant_predictions_are_one_half_without_an_interval() -> None:
    """Whatever labels are shuffled or flipped, all pairs tie."""
    nothing, groups = np.zeros(60), np.arange(60) // 2
    refit = shuffled_refit(nothing, groups, Bootstrap())
    flips = label_flips(nothing, groups, Bootstrap())
    for found in (refit, flips):
        assert (found.value, found.low, found.high) == (0.5, None, None)
        assert found.absent is not None and found.absent.startswith("no interval: however")
        assert chinese(found.absent).startswith("没有区间：无论怎样")
