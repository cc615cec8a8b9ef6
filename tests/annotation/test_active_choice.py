"""Active choice: what nobody has judged comes first, then what is close."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prefdata.results.annotation import VoteAnswer
from prefdata.transforms.annotation.choice import gains
from tests.annotation.campaigns import Clock, config_of, item, joined, made, name_of, voted


def test_before_any_vote_all_items_tell_as_much() -> None:
    told = gains([[0, 1], [2, 3]], [], [])
    assert told[0] == told[1] > 0


def test_another_vote_tells_less_the_more_there_are_and_the_clearer_they_are() -> None:
    completions = [[0, 1], [2, 3], [4, 5], [6, 7]]
    ballots = [(1, [1.0, 0.0])] + [(2, [1.0, 0.0])] * 4 + [(3, [1.0, 0.0]), (3, [0.0, 1.0])] * 2
    judges = [0, 0, 1, 2, 3, 0, 1, 2, 3]
    untouched, once, clear, split = gains(completions, ballots, judges)
    assert untouched > once > clear
    assert split > clear


def test_what_follows_from_other_items_of_the_prompt_tells_less() -> None:
    completions = [[0, 1], [1, 2], [0, 2], [3, 4]]
    ballots = [(0, [1.0, 0.0]), (1, [1.0, 0.0])] * 3
    told = gains(completions, ballots, [0, 0, 1, 1, 2, 2])
    assert told[2] < told[3]
    assert np.isfinite(told).all()


def test_a_ranking_counts_each_two_of_its_completions() -> None:
    told = gains([[0, 1, 2], [3, 4, 5]], [(0, [3.0, 2.0, np.nan])], [0])
    assert told[0] < told[1]


def test_a_campaign_puts_its_items_in_this_order(tmp_path: Path) -> None:
    config = config_of(choice="active", votes=5, third=False)
    campaign = made(tmp_path, config, [item(n) for n in range(3)], Clock())
    people = [joined(campaign, f"n{n}") for n in range(3)]
    for person in people:
        for each in campaign.next(person, 2).items:
            if name_of(each) == "i0":
                voted(campaign, person, each, VoteAnswer(choice=1))
    campaign.measure()
    fresh = joined(campaign, "late")
    order = [name_of(each) for each in campaign.next(fresh, 3).items]
    assert order == ["i1", "i2", "i0"]
