"""What holds for every way to aggregate votes, whatever they are."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.transforms.judgements.bradley_terry import bradley_terry
from prefdata.transforms.judgements.dawid_skene import dawid_skene
from prefdata.transforms.judgements.majority import majority, unanimous
from prefdata.transforms.judgements.votes import Items, Votes, swapped, votes_of

Cast = tuple[int, int, float]
"""Item, judge, verdict."""

ITEMS, JUDGES = 6, 4
cast = st.lists(
    st.tuples(
        st.integers(0, ITEMS - 1),
        st.integers(0, JUDGES - 1),
        st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]),
    ),
    min_size=1,
    max_size=40,
)
Way = Callable[[Votes], Any]


def apart() -> Items:
    """Two completions a prompt."""
    return Items(2 * np.arange(ITEMS), 2 * np.arange(ITEMS) + 1, 2 * ITEMS)


def by_scores(votes: Votes) -> Any:
    return bradley_terry(votes, apart())


WAYS: list[Way] = [majority, dawid_skene, by_scores]
JUDGING: list[Way] = [dawid_skene, by_scores]


def votes_from(casts: list[Cast]) -> Votes:
    item, judge, verdict = (np.array(column) for column in zip(*casts, strict=True))
    return votes_of(item, judge, verdict, items=ITEMS, judges=JUDGES)


@pytest.mark.parametrize("way", WAYS)
@given(casts=cast)
@settings(max_examples=40)
def test_swapping_completions_swaps_the_result_and_nothing_else(
    way: Way, casts: list[Cast]
) -> None:
    one, other = way(votes_from(casts)), way(swapped(votes_from(casts)))
    assert other.mean == pytest.approx(-one.mean, abs=1e-4)
    clear = np.abs(np.abs(one.mean)) > 1e-2
    assert (other.side == -one.side)[clear].all()
    if way in JUDGING:
        assert other.reliability == pytest.approx(one.reliability, abs=1e-3)


@pytest.mark.parametrize("way", WAYS)
@given(casts=cast, shuffler=st.randoms(), copies=st.integers(1, 3))
@settings(max_examples=40)
def test_copies_and_the_order_of_votes_change_nothing(
    way: Way, casts: list[Cast], shuffler: random.Random, copies: int
) -> None:
    votes = [*dict.fromkeys(casts)]
    again = shuffler.sample(votes * copies, len(votes) * copies)
    one, other = way(votes_from(votes)), way(votes_from(again))
    assert other.mean == pytest.approx(one.mean, abs=1e-4)
    if way in JUDGING:
        assert other.reliability == pytest.approx(one.reliability, abs=1e-3)
    if copies == 1:
        assert other.mean.tobytes() == one.mean.tobytes()


@pytest.mark.parametrize("way", WAYS)
@given(casts=cast, shuffler=st.randoms())
@settings(max_examples=40)
def test_numbers_of_judges_and_items_change_nothing(
    way: Way, casts: list[Cast], shuffler: random.Random
) -> None:
    judges, items = (np.array(shuffler.sample(range(n), n)) for n in (JUDGES, ITEMS))
    renamed = [(int(items[i]), int(judges[j]), verdict) for i, j, verdict in casts]
    one, other = way(votes_from(casts)), way(votes_from(renamed))
    assert other.mean[items] == pytest.approx(one.mean, abs=1e-4)
    if way in JUDGING:
        assert other.reliability[judges] == pytest.approx(one.reliability, abs=1e-3)


@pytest.mark.parametrize("way", WAYS)
@given(casts=cast)
@settings(max_examples=60)
def test_what_all_judges_agree_on_stays(way: Way, casts: list[Cast]) -> None:
    votes = votes_from(casts)
    found, agreed = way(votes), unanimous(votes)
    side = np.zeros(ITEMS, int)
    side[votes.item] = votes.side
    assert found.side[agreed].tolist() == side[agreed].tolist()


@pytest.mark.parametrize("way", JUDGING)
@pytest.mark.parametrize("seed", range(5))
def test_a_judge_who_is_always_right_is_the_most_reliable(way: Way, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice([-1, 1], 200)
    right = np.array([0.8, 0.7, 1.0, 0.6, 0.75])
    told = np.where(rng.random((200, 5)) < right, truth[:, None], -truth[:, None])
    votes = votes_of(np.repeat(np.arange(200), 5), np.tile(np.arange(5), 200), told.ravel())
    items = Items(2 * np.arange(200), 2 * np.arange(200) + 1, 400)
    found = dawid_skene(votes) if way is dawid_skene else bradley_terry(votes, items)
    assert found.reliability.argmax() == 2
    assert found.reliability[2] > 0.92
