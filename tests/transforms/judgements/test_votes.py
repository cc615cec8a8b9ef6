from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.judgements.votes import (
    answers_of,
    mirrored,
    pairs_within,
    swapped,
    votes_of,
    votes_of_scores,
)


def test_votes_are_sorted_whatever_order_they_come_in() -> None:
    random = np.random.default_rng(0)
    item, judge = random.integers(0, 9, 60), random.integers(0, 4, 60)
    verdict, shown = random.choice([-1, -0.5, 0, 1], 60), random.choice([-1, 0, 1], 60)
    one = votes_of(item, judge, verdict, shown=shown)
    order = random.permutation(60)
    other = votes_of(item[order], judge[order], verdict[order], shown=shown[order])
    for name in ("item", "judge", "verdict", "weight", "shown"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_a_judge_speaks_once_of_an_item() -> None:
    votes = votes_of(
        np.array([0, 0, 0, 1]), np.array([2, 2, 0, 2]), np.array([1, -1, 1, 1]), judges=5
    )
    assert votes.weight.tolist() == [1, 0.5, 0.5, 1]
    assert (votes.items, votes.judges, len(votes)) == (2, 5, 4)


def test_swapping_twice_changes_nothing() -> None:
    votes = votes_of(
        np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([0.5, 0, -1]), shown=np.array([1, -1, 0])
    )
    turned = swapped(votes)
    assert turned.verdict.tolist() == [-0.5, 0, 1]
    assert turned.shown.tolist() == [-1, 1, 0]
    assert swapped(turned).verdict.tolist() == votes.verdict.tolist()


def test_mirrored_votes_have_both_sides_equally_often() -> None:
    votes = mirrored(votes_of(np.array([0, 1]), np.array([0, 0]), np.array([1, 0.5])))
    assert votes.items == 4
    assert votes.verdict.tolist() == [1, 0.5, -1, -0.5]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"verdict": np.array([1.5])}, "between -1"),
        ({"verdict": np.array([np.nan])}, "finite"),
        ({"item": np.array([-1])}, "item: indices must lie between 0"),
        ({"judge": np.array([3]), "judges": 2}, "judge: indices must lie between 0 and 1"),
        ({"weight": np.array([0.0])}, "more than 0"),
        ({"shown": np.array([2])}, "shown"),
        ({"verdict": np.array([1.0, 1.0])}, "differ in length"),
    ],
)
def test_unsound_votes_are_refused(given: dict[str, object], says: str) -> None:
    sound = {"item": np.array([0]), "judge": np.array([0]), "verdict": np.array([1.0])}
    with pytest.raises(ValueError, match=says):
        votes_of(**(sound | given))  # type: ignore[arg-type]


def test_ratings_may_have_any_scale() -> None:
    assert answers_of(np.array([0]), np.array([0]), np.array([7])).verdict.tolist() == [7]


def test_a_ranking_makes_a_vote_of_each_two_completions() -> None:
    """Completion 5 is the best, 3 and 4 tie; of completion 9 nothing was said."""
    items, votes = votes_of_scores(
        ballot=np.array([0, 0, 0, 0]),
        completion=np.array([5, 4, 9, 3]),
        score=np.array([3.0, 1.0, np.nan, 1.0]),
        judge=np.array([2]),
        place=np.array([1, 0, 2, -1]),
    )
    pairs = list(zip(items.first.tolist(), items.second.tolist(), strict=True))
    assert pairs == [(3, 4), (3, 5), (4, 5)]
    assert votes.verdict.tolist() == [0, -1, -1]
    assert votes.shown.tolist() == [0, 0, 1]
    assert votes.judge.tolist() == [2, 2, 2]
    assert votes.weight.sum() == pytest.approx(2)


def test_votes_of_several_ballots_on_the_same_completions_meet() -> None:
    items, votes = votes_of_scores(
        ballot=np.array([0, 0, 1, 1]),
        completion=np.array([1, 0, 0, 1]),
        score=np.array([5.0, 3.0, 4.0, 4.5]),
        judge=np.array([0, 1]),
        full=4,
    )
    assert (items.first.tolist(), items.second.tolist()) == ([0], [1])
    assert votes.verdict.tolist() == [-0.5, -0.125]
    assert votes.item.tolist() == [0, 0]


def test_no_ballots_make_no_votes() -> None:
    none = np.zeros(0)
    items, votes = votes_of_scores(none.astype(int), none.astype(int), none, none.astype(int))
    assert (len(votes), len(items.first), items.completions) == (0, 0, 0)


def test_pairs_within_groups_are_all_of_them() -> None:
    groups = np.array([1, 1, 1, 4, 6, 6])
    one, other, size = pairs_within(groups)
    found = sorted(zip(one.tolist(), other.tolist(), size.tolist(), strict=True))
    assert found == [(0, 1, 3), (0, 2, 3), (1, 2, 3), (4, 5, 2)]
