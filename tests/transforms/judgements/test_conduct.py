from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.judgements.conduct import (
    position_bias,
    same_answer,
    seconds_of,
    seconds_per_vote,
    wilson,
    with_rest,
)
from prefdata.transforms.judgements.majority import majority
from prefdata.transforms.judgements.votes import only, swapped, votes_of


def test_the_rest_is_the_majority_of_the_others() -> None:
    """On item 0 judges say first, first, second, tie; item 1 has one judge only."""
    votes = votes_of(
        np.array([0, 0, 0, 0, 1]), np.array([0, 1, 2, 3, 0]), np.array([1, 0.5, -1, 0, 1])
    )
    rest = with_rest(votes)
    assert rest.item.tolist() == [0, 0, 0, 0]
    assert dict(zip(rest.judge.tolist(), rest.points.tolist(), strict=True)) == {
        0: 1,  # the others: first, second, tie
        1: 1,
        2: 0,
        3: 1,
    }


@pytest.mark.parametrize("seed", range(3))
def test_is_the_majority_without_the_votes_of_the_judge(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = votes_of(
        rng.integers(0, 12, 80), rng.integers(0, 5, 80), rng.choice([-1, -0.5, 0, 1], 80)
    )
    rest = with_rest(votes)
    for judge in range(5):
        own, others = (
            majority(only(votes, votes.judge == judge)),
            only(votes, votes.judge != judge),
        )
        mine = rest.judge == judge
        expected = 2 - np.abs(own.side - majority(others).side)
        both = (own.judges > 0) & (majority(others).judges > 0)
        assert rest.item[mine].tolist() == np.flatnonzero(both).tolist()
        assert rest.points[mine].tolist() == expected[both].tolist()


def test_position_bias_counts_decided_votes_whose_order_is_known() -> None:
    votes = votes_of(
        np.arange(6),
        np.array([0, 0, 0, 0, 0, 1]),
        np.array([1, -1, -0.5, 0, 1, 1]),
        shown=np.array([1, -1, 1, 1, 0, -1]),
        judges=3,
    )
    bias = position_bias(votes)
    assert bias.votes.tolist() == [3, 1, 0, 4]
    assert bias.first.tolist() == [2, 0, 0, 2]
    assert bias.ratio[:2].tolist() == [2 / 3, 0]
    assert np.isnan([bias.ratio[2], bias.low[2], bias.high[2]]).all()
    assert position_bias(swapped(votes)).first.tolist() == bias.first.tolist()


def test_wilson_holds_the_truth_in_95_of_100_samples() -> None:
    hits = np.random.default_rng(0).binomial(40, 0.3, 4000)
    low, high = wilson(hits, np.full(4000, 40))
    assert 0.93 < np.mean((low <= 0.3) & (high >= 0.3)) < 0.97
    ends = [float(end[0]) for end in wilson(np.array([0]), np.array([10]))]
    assert ends == pytest.approx([0, 0.27753], abs=1e-5)


def test_the_same_answer_is_that_of_the_place_on_the_screen() -> None:
    votes = votes_of(
        np.arange(7),
        np.array([0, 0, 0, 1, 1, 1, 2]),
        np.array([1, -1, 1, -1, -1, 0, 0]),
        shown=np.array([1, -1, -1, 0, 0, 0, 1]),
        judges=4,
    )
    same = same_answer(votes)
    assert same.answer == ("shown-first", "second", "tie", None)
    assert same.ratio[:3].tolist() == [2 / 3, 2 / 3, 1]
    assert np.isnan(same.ratio[3])


def test_the_median_time_is_not_moved_by_a_break() -> None:
    judge = np.array([0, 1, 0, 0, 0, 1, 2, 2])
    at = np.array([30.0, 5, 10, 20, 9000, np.nan, 3, 7])
    found = seconds_per_vote(judge, at, 4)
    assert found[[0, 2]].tolist() == [10, 4]
    assert np.isnan(found[[1, 3]]).all()


def test_times_are_read_as_they_are_written() -> None:
    written = ["2026-01-02T03:04:05+01:00", "2026-01-02T02:04:05", "1e400", "nan", "", "5 minutes"]
    found = seconds_of(written)
    assert found[0] == found[1] == 1767319445
    assert np.isnan(found[2:]).all()
