"""Bradley-Terry beside the reference implementation in choix 0.4.1 (`opt_pairwise`, alpha .05)."""

from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.judgements.bradley_terry import bradley_terry
from prefdata.transforms.judgements.majority import majority
from prefdata.transforms.judgements.votes import Items, votes_of, votes_of_scores

PREFERRED = (
    "35 25 04 13 34 04 31 04 24 35 42 43 12 31 52 03 52 25 15 51 "
    "03 35 32 15 20 03 15 31 21 52 41 14 50 13 50 41 04 51 21 04"
)
"""The better completion, then the other."""
BY_PACKAGE = (0.78876806, -0.32128853, -0.1255375, 0.23868203, -0.44610843, -0.13451563)
FOUR = Items(np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 2, 3, 3]), 4)


def test_without_judges_it_is_that_of_the_package() -> None:
    pairs = np.array([[int(a), int(b)] for a, b in PREFERRED.split()])
    items = Items(*np.triu_indices(6, 1), 6)
    place = {pair: at for at, pair in enumerate(zip(items.first, items.second, strict=True))}
    item = np.array([place[min(pair), max(pair)] for pair in pairs.tolist()])
    verdict = np.where(pairs[:, 0] < pairs[:, 1], 1.0, -1.0)
    votes = votes_of(item, np.arange(40), verdict, items=15)
    found = bradley_terry(votes, items, reliability=np.ones(40))
    assert found.scores == pytest.approx(BY_PACKAGE, abs=1e-5)
    assert found.is_converged


def simulated(
    right: tuple[float, ...], prompts: int
) -> tuple[Items, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Items of four completions a prompt, all judged by all: items, item, judge, told, truth."""
    random = np.random.default_rng(7)
    first, second = (
        (4 * np.arange(prompts)[:, None] + side).ravel() for side in (FOUR.first, FOUR.second)
    )
    quality = random.normal(size=4 * prompts)
    truth = np.sign(quality[first] - quality[second])
    item = np.repeat(np.arange(6 * prompts), len(right))
    judge = np.tile(np.arange(len(right)), 6 * prompts)
    is_right = random.random(len(item)) < np.array(right)[judge]
    told = np.where(is_right, truth[item], -truth[item])
    return Items(first, second, 4 * prompts), item, judge, told, truth


def test_other_items_of_the_prompt_help() -> None:
    right = (0.9, 0.75, 0.6)
    items, item, judge, told, truth = simulated(right, 150)
    votes = votes_of(item, judge, told)
    found = bradley_terry(votes, items)
    assert np.mean(found.side == truth) > np.mean(majority(votes).side == truth) + 0.05
    assert np.abs(found.reliability - right).max() < 0.05
    assert found.is_converged


def test_a_judge_who_turns_all_labels_is_seen_and_not_followed() -> None:
    items, item, judge, told, truth = simulated((0.9, 0.9, 0.9, 0.1), 60)
    found = bradley_terry(votes_of(item, judge, told), items)
    assert found.reliability[3] < 0.2
    assert np.mean(found.side == truth) > 0.93


def test_a_ranking_is_kept_in_its_order() -> None:
    ballot, completion = np.repeat([0, 1], 5), np.tile(np.arange(5), 2)
    score = np.tile([2.0, 5, 1, 4, 3], 2)
    items, votes = votes_of_scores(ballot, completion, score, np.array([0, 1]))
    found = bradley_terry(votes, items)
    assert np.argsort(found.scores).tolist() == [2, 0, 4, 3, 1]
    assert (found.probability > 0.5).tolist() == (found.side > 0).tolist()


def test_ties_draw_scores_together_and_blame_nobody() -> None:
    """Judge 1 says tie; that is no wrong vote, and the item is less clear than without it."""
    item, judge = np.zeros(2, int), np.arange(2)
    items = Items(np.array([0]), np.array([1]), 2)
    alone = bradley_terry(votes_of(item[:1], judge[:1], np.array([1.0]), judges=2), items)
    tied = bradley_terry(votes_of(item, judge, np.array([1.0, 0.0])), items)
    assert 0 < tied.mean[0] < alone.mean[0]
    assert tied.reliability[1] == alone.reliability[1] == pytest.approx(0.8)


def test_a_slight_preference_moves_scores_less() -> None:
    items = Items(np.array([0]), np.array([1]), 2)
    gaps = [
        bradley_terry(votes_of(np.array([0]), np.array([0]), np.array([strength])), items).mean[0]
        for strength in (0.0, 0.3, 1.0)
    ]
    assert gaps[0] == 0
    assert 0 < gaps[1] < gaps[2]


def test_says_that_it_has_not_come_to_rest() -> None:
    items, item, judge, told, _ = simulated((0.9, 0.6), 10)
    found = bradley_terry(votes_of(item, judge, told), items, most_rounds=1)
    assert not found.is_converged
    assert found.rounds == 1


def test_completions_without_votes_have_a_score_of_zero() -> None:
    items = Items(np.array([0]), np.array([1]), 3)
    found = bradley_terry(votes_of(np.array([0]), np.array([0]), np.array([-1.0])), items)
    assert found.scores[2] == 0
    assert found.scores[0] == pytest.approx(-found.scores[1])
    nothing = Items(np.zeros(0, int), np.zeros(0, int), 0)
    assert len(bradley_terry(votes_of(*np.zeros((3, 0))), nothing).side) == 0
