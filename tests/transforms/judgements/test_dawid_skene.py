"""Dawid-Skene beside the reference implementation in crowd-kit 1.4.2 (200 iterations and more)."""

from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.judgements.dawid_skene import FIRST, SECOND, TIE, dawid_skene
from prefdata.transforms.judgements.majority import majority
from prefdata.transforms.judgements.votes import Votes, votes_of

SIDES = {"1": 1, "2": -1, "-": 0}
VOTES = (
    "1121211-1222122222222-1121-1211-22-2111211-222122121221211-2",
    "12111112121212222-1-211221112121121211-2111221-1212121111121",
    "1121211211-21222-22-21--21212111211121121-121122212222111121",
    "2122221-1222212-1211211222-121--21122111-112122-21122211-222",
    "1111122-12122-1-2121212212121121221-12-11111--12222221212212",
)
"""A line for each judge, right in 90, 85, 75, 65 and 55% of what he decides."""
TRUTH = "112121121222122222212112222121112212111211122122212122111122"
BY_PACKAGE = "1121211-1222122-2222211221-1211122121112111222222122221211-2"
RELIABILITY_BY_PACKAGE = (0.852, 0.7325, 0.7945, 0.61, 0.4702)


def voted(lines: tuple[str, ...] = VOTES) -> Votes:
    item, judge = np.meshgrid(np.arange(len(lines[0])), np.arange(len(lines)))
    verdict = np.array([[SIDES[letter] for letter in line] for line in lines])
    return votes_of(item.ravel(), judge.ravel(), verdict.ravel())


def sides(line: str) -> np.ndarray:
    return np.array([SIDES[letter] for letter in line])


def test_finds_what_the_package_finds() -> None:
    """Its sides have rates of their own and no prior; here that costs it a few items."""
    found = dawid_skene(voted())
    assert found.is_converged
    assert found.iterations < 100
    assert np.mean(found.side == sides(BY_PACKAGE)) >= 0.9
    assert np.abs(found.reliability - RELIABILITY_BY_PACKAGE).max() < 0.07
    assert np.mean(found.side == sides(TRUTH)) >= np.mean(sides(BY_PACKAGE) == sides(TRUTH))


def test_a_judge_who_turns_all_labels_is_seen_and_not_followed() -> None:
    turned = VOTES[2].translate(str.maketrans("12", "21"))
    found = dawid_skene(voted((VOTES[0], VOTES[1], VOTES[3], turned)))
    assert found.reliability[3] < 0.4
    assert found.reliability[:2].min() > 0.7
    without = dawid_skene(voted((VOTES[0], VOTES[1], VOTES[3])))
    clear = np.abs(without.mean) > 0.5
    assert (found.side == without.side)[clear].mean() > 0.95


def test_a_reliable_judge_outvotes_two_who_guess() -> None:
    random = np.random.default_rng(2)
    truth = random.choice([-1, 1], 400)
    right = np.array([0.97, 0.95, 0.55, 0.55])
    told = np.where(random.random((400, 4)) < right, truth[:, None], -truth[:, None])
    votes = votes_of(np.repeat(np.arange(400), 4), np.tile(np.arange(4), 400), told.ravel())
    found = dawid_skene(votes)
    assert np.mean(found.side == truth) > np.mean(majority(votes).side == truth) + 0.03
    assert np.abs(found.reliability - right).max() < 0.08


def test_posteriors_are_probabilities_and_the_rest_follows_from_them() -> None:
    found = dawid_skene(voted())
    assert found.posterior.shape == (60, 3)
    assert found.posterior.sum(axis=1) == pytest.approx(1)
    assert found.mean == pytest.approx(found.posterior[:, FIRST] - found.posterior[:, SECOND])
    is_tie = found.posterior.argmax(axis=1) == TIE
    assert (found.side[is_tie] == 0).all()


def test_says_that_it_has_not_converged() -> None:
    found = dawid_skene(voted(), most_iterations=2)
    assert not found.is_converged
    assert found.iterations == 2


def test_an_item_and_a_judge_without_votes_are_as_the_prior_has_them() -> None:
    votes = votes_of(np.array([0]), np.array([0]), np.array([1.0]), items=2, judges=2)
    found = dawid_skene(votes)
    assert found.side.tolist() == [1, 0]
    assert found.mean[1] == pytest.approx(0)
    assert found.reliability[1] == pytest.approx(2 / 3)
    assert len(dawid_skene(votes_of(*np.zeros((3, 0)))).side) == 0
