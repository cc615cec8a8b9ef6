from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate, flipped, kinds_of, resampled

scored = st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(-3, 9)), min_size=1)


def slow_means(points: list[int], groups: list[int], resamples: int, seed: int) -> list[float]:
    """Draws groups one by one, and means all their pairs."""
    chance = random.Random(seed)
    pairs_of = {
        group: [p for p, g in zip(points, groups, strict=True) if g == group] for group in groups
    }
    names = sorted(pairs_of)
    means = []
    for _ in range(resamples):
        drawn = [p for _ in names for p in pairs_of[chance.choice(names)]]
        means.append(sum(drawn) / len(drawn))
    return means


def test_resamples_are_distributed_as_those_of_drawing_groups_one_by_one() -> None:
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 40, 150)
    points = rng.integers(0, 2, 40)[groups] + rng.integers(0, 2, 150)
    slow = slow_means(points.tolist(), groups.tolist(), 4000, 1)
    fast = np.concatenate([*resampled(kinds_of(points, groups), Bootstrap(4000, 1))])
    ratios = [0.025, 0.25, 0.5, 0.75, 0.975]
    assert np.quantile(fast, ratios) == pytest.approx(np.quantile(slow, ratios), abs=0.02)


@given(scored)
def test_kinds_keep_sums_sizes_and_groups(pairs: list[tuple[int, int]]) -> None:
    points, groups = map(np.array, zip(*pairs, strict=True))
    kinds = kinds_of(points - 1, groups)
    expected = sorted(
        ((points - 1)[groups == group].sum(), (groups == group).sum()) for group in set(groups)
    )
    found = zip(kinds.sums, kinds.sizes, kinds.counts, strict=True)
    assert [(s, n) for s, n, count in found for _ in range(count)] == expected
    assert kinds.mean == pytest.approx((points - 1).mean())


@given(scored, st.randoms(), st.integers(1, 1000))
def test_neither_the_order_of_pairs_nor_the_names_of_groups_matter(
    pairs: list[tuple[int, int]], shuffler: random.Random, factor: int
) -> None:
    draw = Bootstrap(50, 7)
    first, second = ([*pairs], shuffler.sample(pairs, len(pairs)))
    one, other = (np.array(found) for found in (first, second))
    expected = estimate(one[:, 0], one[:, 1], draw)
    assert estimate(other[:, 0], -factor * other[:, 1], draw) == expected
    if expected.low is not None and expected.value is not None and expected.high is not None:
        assert 0 <= expected.low <= expected.high <= 1


def datasets(groups: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Groups of 1 to 9 pairs, right with a probability of their own, 0.7 on average."""
    sizes = rng.integers(1, 10, groups)
    members = np.repeat(np.arange(groups), sizes)
    easy = rng.beta(1.4, 0.6, groups)
    return 2 * (rng.random(len(members)) < easy[members]), members


@pytest.mark.parametrize("groups", [12, 60])
def test_the_interval_holds_the_truth_in_95_of_100_datasets(groups: int) -> None:
    """600 datasets: 95% gives or takes 1.8% by chance; the binomial interval is far off."""
    rng = np.random.default_rng(5)
    held, held_by_binomial = [], []
    for trial in range(600):
        points, members = datasets(groups, rng)
        found = estimate(points, members, Bootstrap(300, trial))
        assert found.value is not None and found.low is not None and found.high is not None
        held.append(found.low <= 0.7 <= found.high)
        reach = 1.96 * np.sqrt(found.value * (1 - found.value) / len(points))
        held_by_binomial.append(abs(found.value - 0.7) <= reach)
    assert 0.915 <= np.mean(held) <= 0.975
    assert np.mean(held_by_binomial) < 0.87


@pytest.mark.parametrize("point", [0, 2])
def test_all_right_or_all_wrong_is_not_certain(point: int) -> None:
    found = estimate(np.full(60, point), np.arange(60) % 20, Bootstrap())
    reach = 1 - 0.025 ** (1 / 20)
    expected = (1 - reach, 1.0) if point else (0.0, reach)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-6)


def test_one_group_has_no_interval_and_no_pairs_have_no_value() -> None:
    one = estimate(np.array([2, 0]), np.array([4, 4]), Bootstrap())
    assert (one.value, one.low, one.high, one.groups) == (0.5, None, None, 1)
    assert one.absent == "no interval: all pairs are of one leakage group"
    none = estimate(np.zeros(0, np.int8), np.zeros(0, np.int64), Bootstrap())
    assert (none.value, none.low, none.pairs, none.absent) == (None, None, 0, "there are no pairs")


@pytest.mark.parametrize("points", [[1] * 40, [2, 0] * 20, [1, 1, 2, 0] * 10])
def test_where_no_resample_differs_there_is_no_interval(points: list[int]) -> None:
    """As where a model says the same of everything: all pairs tie."""
    found = estimate(np.array(points), np.arange(40) // 2, Bootstrap())
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert found.absent == (
        "no interval: however groups are drawn from these, the value is the same"
    )


def test_one_other_group_is_enough_for_an_interval() -> None:
    found = estimate(np.array([1] * 39 + [2]), np.arange(40), Bootstrap())
    assert found.low is not None and found.high is not None and found.low < found.high
    assert found.absent is None


def test_the_seed_decides() -> None:
    points, groups = datasets(60, np.random.default_rng(0))
    found = [estimate(points, groups, Bootstrap(100, seed)) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_blocks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    points, groups = datasets(60, np.random.default_rng(0))
    kinds = kinds_of(points, groups)
    whole = np.concatenate([*resampled(kinds, Bootstrap(100))])
    coins = flipped(points, 2 - points, Bootstrap(100))
    monkeypatch.setattr("prefdata.transforms.metrics.bootstrap.CELLS", 100)
    blocks = [*resampled(kinds, Bootstrap(100))]
    assert len(blocks) > 10
    assert np.array_equal(np.concatenate(blocks), whole)
    assert np.array_equal(flipped(points, 2 - points, Bootstrap(100)), coins)
