"""Active choice: what nobody has judged comes first, then what is close."""

from __future__ import annotations

from pathlib import Path

from prefdata.results.annotation import CountedVote, ItemKeys, VoteAnswer
from prefdata.transforms.annotation.arrays import comparisons_of, ground_of
from prefdata.transforms.annotation.choice import gains
from tests.annotation.campaigns import Clock, config_of, item, joined, made, name_of, voted


def told_by(
    kind: str, completions: list[list[str]], ballots: list[tuple[int, int, VoteAnswer]]
) -> list[float]:
    """What one more vote on each item would tell; a ballot is item, person, answer."""
    items = [ItemKeys(n, "Q", tuple(texts), None, None) for n, texts in enumerate(completions)]
    votes = [CountedVote(who, n, "vote", answer, None, None) for n, who, answer in ballots]
    ground = ground_of(items)
    compared = comparisons_of(ground, votes, config_of(kind=kind))
    return gains([ground.completions[item.id] for item in items], compared).tolist()


FIRST, SECOND = VoteAnswer(choice=1), VoteAnswer(choice=7)


def test_before_any_vote_all_items_tell_as_much() -> None:
    told = told_by("pairwise", [["a", "b"], ["c", "d"]], [])
    assert told[0] == told[1] > 0


def test_another_vote_tells_less_the_more_there_are_and_the_clearer_they_are() -> None:
    ballots = [(1, 0, FIRST), *((2, who, FIRST) for who in range(4))]
    ballots += [(3, who, (FIRST, SECOND)[who % 2]) for who in range(4)]
    completions = [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]
    untouched, once, clear, split = told_by("pairwise", completions, ballots)
    assert untouched > once > clear
    assert split > clear


def test_what_follows_from_other_items_of_the_prompt_tells_less() -> None:
    ballots = [(item, who, FIRST) for who in range(3) for item in (0, 1)]
    completions = [["a", "b"], ["b", "c"], ["a", "c"], ["d", "e"]]
    told = told_by("pairwise", completions, ballots)
    assert told[2] < told[3]


def test_a_ranking_counts_each_two_of_its_completions() -> None:
    completions = [["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"]]
    ballots = [(0, 0, VoteAnswer(places=(1, 2, 3))), (1, 0, VoteAnswer(unsure=True))]
    told = told_by("ranking", completions, ballots)
    assert told[0] < told[1] == told[2]


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
