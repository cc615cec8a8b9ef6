"""Whose turn an item is: laws that hold whatever people do, in whatever order."""

from __future__ import annotations

import random
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.config.annotation import AnnotationConfig
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import VoteAnswer
from prefdata.transforms.annotation.turns import people_wanted
from tests.annotation.campaigns import (
    Clock,
    config_of,
    is_as_written,
    item,
    items,
    joined,
    made,
    name_of,
    voted,
)

FIRST, SECOND = VoteAnswer(choice=2), VoteAnswer(choice=6)


class Work:
    """People who take items, answer some, let some go, in an order drawn by a seed."""

    def __init__(self, campaign: Campaign, clock: Clock, people: int, seed: int) -> None:
        self.campaign, self.clock = campaign, clock
        self.chance = random.Random(seed)
        self.people = [joined(campaign, f"n{n}") for n in range(people)]
        self.held: dict[int, dict[int, str]] = {person: {} for person in self.people}
        self.judged: dict[str, list[int]] = defaultdict(list)

    def step(self, *, lets_go: bool) -> None:
        person = self.chance.choice(self.people)
        held = self.held[person]
        if lets_go and self.chance.random() < 0.1:
            self.clock.now += 3600
            for each in self.held.values():
                each.clear()
        elif held and self.chance.random() < 0.5:
            shown, key = held.popitem()
            voted(self.campaign, person, shown, self.chance.choice([FIRST, SECOND]))
            self.judged[key].append(person)
        else:
            given = self.campaign.next(person, self.chance.randint(1, 3), skip=held)
            for each in given.items:
                assert each.id not in held
                held[each.id] = name_of(each)

    def finish(self) -> None:
        """All people work until nothing is left for anybody."""
        over: set[int] = set()
        while len(over) < len(self.people):
            for person in self.people:
                given = self.campaign.next(person, 2)
                if given.state == "judge":
                    for each in given.items:
                        voted(self.campaign, person, each, FIRST)
                        self.judged[name_of(each)].append(person)
                    over.discard(person)
                else:
                    over.add(person)


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6),
    people=st.integers(1, 5),
    votes=st.integers(1, 3),
    share=st.sampled_from([0.0, 0.5, 1.0]),
    lets_go=st.booleans(),
)
def test_nobody_judges_twice_and_nothing_is_judged_too_often(
    seed: int, people: int, votes: int, share: float, lets_go: bool
) -> None:
    config = config_of(votes=votes, overlap={"share": share, "people": 2}, third=False, seed=seed)
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        campaign = made(Path(folder), config, items(12), clock)
        work = Work(campaign, clock, people, seed)
        for _ in range(40):
            work.step(lets_go=lets_go)
            holders = Counter(key for held in work.held.values() for key in held.values())
            for key, holding in holders.items():
                assert holding + len(work.judged[key]) <= people_wanted(config, key)
        work.finish()
        campaign.close()
    for key in (f"i{n}" for n in range(12)):
        who = work.judged[key]
        assert len(set(who)) == len(who) == min(people, people_wanted(config, key))


def test_what_one_person_holds_nobody_else_is_given_until_its_time_is_over(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(1), clock)
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    held = campaign.next(ann).items[0]
    assert campaign.next(bob).state == "waiting"
    clock.now += 31 * 60
    assert [name_of(each) for each in campaign.next(bob).items] == ["i0"]
    assert campaign.next(ann).state == "waiting"
    assert voted(campaign, ann, held, FIRST).progress.done == 1, "late, but nobody was faster"
    assert campaign.next(ann).state == "done"


def test_what_a_person_holds_comes_again_on_another_device_in_the_same_order(
    tmp_path: Path,
) -> None:
    campaign = made(tmp_path, config_of(), items(9), Clock())
    ann = joined(campaign, "Ann")
    first = campaign.next(ann, 3).items
    assert campaign.next(ann, 3).items == first
    others = campaign.next(ann, 3, skip=[each.id for each in first]).items
    assert not {each.id for each in first} & {each.id for each in others}


def test_a_showing_that_was_let_go_and_comes_back_is_the_same_one(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(1), clock)
    ann = joined(campaign, "Ann")
    first = campaign.next(ann).items
    clock.now += 3600
    assert campaign.next(ann).items == first


def test_the_coin_for_the_order_is_fair_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    orders = []
    for folder in (tmp_path, tmp_path / "again"):
        campaign = made(folder, config_of(), items(200), Clock())
        ann = joined(campaign, "Ann")
        seen = []
        while shown := campaign.next(ann).items:
            seen += [is_as_written(each) for each in shown]
            for each in shown:
                voted(campaign, ann, each, FIRST)
        orders.append(seen)
    assert orders[0] == orders[1]
    assert 70 <= sum(orders[0]) <= 130


def test_a_share_of_the_items_is_judged_by_several_people(tmp_path: Path) -> None:
    config = config_of(overlap={"share": 0.2, "people": 3}, third=False)
    campaign = made(tmp_path, config, items(100), Clock())
    work = Work(campaign, Clock(), 4, 0)
    work.finish()
    counts = Counter(len(who) for who in work.judged.values())
    assert set(counts) == {1, 3}
    assert 10 <= counts[3] <= 32


def test_a_third_person_is_asked_once_where_two_disagree(tmp_path: Path) -> None:
    config = config_of(overlap={"share": 1.0, "people": 2})
    campaign = made(tmp_path, config, items(1), Clock())
    people = [joined(campaign, name) for name in ("Ann", "Bob", "Cid", "Dan")]
    for person, answer in zip(people, (1, 7, 2), strict=False):
        shown = campaign.next(person).items[0]
        choice = answer if is_as_written(shown) else 8 - answer
        voted(campaign, person, shown, VoteAnswer(choice=choice))
        assert len(campaign.disagreements()) == (person == people[1])
    assert campaign.next(people[3]).state == "done"
    assert campaign.overview().done == 1


def test_a_third_person_is_asked_where_one_is_unsure(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    people = [joined(campaign, name) for name in ("Ann", "Bob", "Cid")]
    voted(campaign, people[0], campaign.next(people[0]).items[0], VoteAnswer(choice="unsure"))
    voted(campaign, people[1], campaign.next(people[1]).items[0], FIRST)
    assert campaign.next(people[2]).state == "done"


def test_an_item_is_done_before_its_time_when_people_agree(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(votes=5, done={"agreement": 0.9}), items(1), Clock())
    people = [joined(campaign, name) for name in ("Ann", "Bob", "Cid")]
    for person in people[:2]:
        shown = campaign.next(person).items[0]
        voted(campaign, person, shown, FIRST if is_as_written(shown) else SECOND)
    assert campaign.next(people[2]).state == "done"


def test_a_quota_counts_what_is_held(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(quota=3), items(9), Clock())
    ann = joined(campaign, "Ann")
    held = campaign.next(ann, 9).items
    assert len(held) == 3
    for each in held:
        voted(campaign, ann, each, FIRST)
    assert campaign.next(ann).state == "done"
    assert campaign.progress(ann).quota == 3


@pytest.mark.parametrize("share", [0.05, 0.25])
def test_repeats_come_in_the_other_order_at_their_share(tmp_path: Path, share: float) -> None:
    campaign = made(tmp_path, config_of(repeats=share), items(160), Clock())
    ann = joined(campaign, "Ann")
    orders: dict[str, list[bool]] = defaultdict(list)
    given = 0
    while shown := campaign.next(ann, 1).items:
        given += 1
        orders[name_of(shown[0])].append(is_as_written(shown[0]))
        voted(campaign, ann, shown[0], FIRST)
    again = [seen for seen in orders.values() if len(seen) > 1]
    assert all(seen in ([True, False], [False, True]) for seen in again)
    assert given == 160 + len(again)
    assert abs(len(again) / given - share) < 0.05


def test_gold_is_spread_and_asked_of_everybody_once(tmp_path: Path) -> None:
    gold = [item(100 + n, gold=VoteAnswer(choice=1)) for n in range(5)]
    config = config_of(gold_share=0.1, votes=2, overlap={"share": 0.0})
    campaign = made(tmp_path, config, [*items(60), *gold], Clock())
    for name in ("Ann", "Bob"):
        person = joined(campaign, name)
        seen = []
        while shown := campaign.next(person, 1).items:
            assert shown[0].purpose == "vote", "nothing tells gold from others"
            seen.append(int(name_of(shown[0])[1:]) >= 100)
            voted(campaign, person, shown[0], FIRST)
        assert sum(seen) == 5
        assert all(sum(seen[at : at + 10]) == 1 for at in range(0, 50, 10))


def test_practice_comes_first_and_is_explained(tmp_path: Path) -> None:
    practice = item(
        50, gold=VoteAnswer(choice=1), explanation="The first one is right.", is_practice=True
    )
    campaign = made(tmp_path, config_of(), [*items(2), practice], Clock())
    ann = joined(campaign, "Ann")
    shown = campaign.next(ann, 1).items[0]
    assert (shown.purpose, name_of(shown)) == ("practice", "i50")
    right = FIRST if is_as_written(shown) else SECOND
    wrong = SECOND if is_as_written(shown) else FIRST
    saved = voted(campaign, ann, shown, right)
    assert saved.explanation is not None
    assert (saved.explanation.text, saved.explanation.is_right) == (practice.explanation, True)
    again = voted(campaign, ann, shown, wrong).explanation
    assert again is not None and again.is_right is False
    assert saved.progress.done == 0
    assert {each.purpose for each in campaign.next(ann, 5).items} == {"vote"}
    assert list(campaign.export()) == []


def test_items_of_more_priority_come_first(tmp_path: Path) -> None:
    given = [item(n, priority=float(n)) for n in range(4)]
    campaign = made(tmp_path, config_of(), given, Clock())
    shown = campaign.next(joined(campaign, "Ann"), 4).items
    assert [name_of(each) for each in shown] == ["i3", "i2", "i1", "i0"]


def test_nobody_is_given_items_while_the_campaign_or_the_person_is_paused(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(9), Clock())
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    held = campaign.next(ann, 1).items[0]
    campaign.pause()
    assert campaign.next(ann).state == campaign.next(bob).state == "paused"
    assert campaign.overview().state == "paused"
    assert voted(campaign, ann, held, FIRST).progress.done == 1, "what was begun is not lost"
    campaign.resume()
    campaign.pause(ann)
    assert (campaign.next(ann).state, campaign.next(bob).state) == ("paused", "judge")
    campaign.resume(ann)
    assert campaign.next(ann).state == "judge"


def test_the_draws_of_overlap_follow_the_share() -> None:
    config = AnnotationConfig.model_validate({"overlap": {"share": 0.3, "people": 4}, "votes": 2})
    wanted = Counter(people_wanted(config, f"k{n}") for n in range(2000))
    assert set(wanted) == {2, 4}
    assert abs(wanted[4] / 2000 - 0.3) < 0.04
