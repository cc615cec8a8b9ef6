from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.metrics.bootstrap import Bootstrap
from prefdata.transforms.metrics.length_match import (
    correlation,
    correlation_both_ways,
    length_metrics,
    matched,
)
from prefdata.transforms.metrics.pairwise import points

numbers = st.integers(-9, 9)


def slow_pearson(one: list[float], other: list[float]) -> float:
    first, second = ([x - sum(v) / len(v) for x in v] for v in (one, other))
    above = sum(x * y for x, y in zip(first, second, strict=True))
    return above / (sum(x * x for x in first) * sum(y * y for y in second)) ** 0.5


def slow_ranks(values: list[float]) -> list[float]:
    """Mean place of the value among all."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2
        for value in values
    ]


@given(st.lists(st.tuples(numbers, numbers), min_size=2))
def test_correlation_is_that_of_a_plain_loop(pairs: list[tuple[int, int]]) -> None:
    one, other = ([float(x) for x in values] for values in zip(*pairs, strict=True))
    found = correlation(np.array(one), np.array(other))
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert (found.pearson, found.absent) == (None, "a quantity is the same everywhere")
        return
    assert found.pearson == pytest.approx(slow_pearson(one, other), abs=1e-5)
    ranks = slow_pearson(slow_ranks(one), slow_ranks(other))
    assert found.spearman == pytest.approx(ranks, abs=1e-5)


@given(st.lists(st.tuples(numbers, numbers, st.booleans()), min_size=1))
def test_both_ways_round_it_does_not_matter_which_is_called_chosen(
    pairs: list[tuple[int, int, bool]],
) -> None:
    margins, lengths, swap = (np.array(part) for part in zip(*pairs, strict=True))
    signs = np.where(swap, -1.0, 1.0)
    one = correlation_both_ways(margins, lengths)
    other = correlation_both_ways(margins * signs, lengths * signs)
    assert (one.pearson, one.spearman) == pytest.approx((other.pearson, other.spearman), abs=2e-6)
    assert one.points == len(pairs)


def test_a_model_of_length_alone_is_found_out() -> None:
    """Margins that are all positive, with longer chosen ones: no variance of sign is needed."""
    longer = np.arange(1, 50)
    assert correlation_both_ways(longer / 10, longer).pearson == 1.0


@pytest.mark.parametrize(
    ("lengths", "is_matched"),
    [
        ((0, 0), True),
        ((0, 1), False),
        ((90, 100), True),
        ((100, 89), False),
        ((10**9, 9 * 10**8), True),
    ],
)
def test_matched(lengths: tuple[int, int], is_matched: bool) -> None:
    for one, other in (lengths, lengths[::-1]):
        assert matched(np.array([one]), np.array([other])).tolist() == [is_matched]


def test_subsets_have_their_own_pairs_and_accuracy() -> None:
    chosen, rejected = np.array([10, 50, 10, 20, 7]), np.array([10, 10, 50, 21, 0])
    rewards = np.array([1.0, 2.0, 0.0, 1.0, 5.0]), np.array([0.0, 1.0, 1.0, 0.0, 5.0])
    scored = points(rewards[0] - rewards[1], halve_ties=False)
    found = length_metrics(rewards, (chosen, rejected), scored, np.arange(5), Bootstrap(20))
    subsets = found.matched, found.chosen_longer, found.rejected_longer
    assert [(each.pairs, each.value) for each in subsets] == [(2, 1.0), (2, 0.5), (2, 0.5)]
    assert found.reward.points == 10
