"""Votes: written once, never changed, and the same whenever they are read."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from prefdata.dialects.judgements.written import convert
from prefdata.errors import AbsentError, AnswerError, GoneError, NotYoursError
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import ImportedVote, NewVote, VoteAnswer
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


def rows(campaign: Campaign, upto: int | None = None) -> list[dict]:
    return [json.loads(line) for line in campaign.export(upto)]


def test_the_same_request_again_is_the_same_vote(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(3), Clock())
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    shown = campaign.next(ann, 1).items[0]
    vote = NewVote(request="once", item=shown.id, answer=VoteAnswer(choice=1))
    assert campaign.answer(ann, vote) == campaign.answer(ann, vote)
    assert len(rows(campaign)) == campaign.last_vote() == 1
    other = campaign.next(bob, 1).items[0]
    with pytest.raises(NotYoursError, match="somebody else"):
        campaign.answer(bob, NewVote("once", other.id, VoteAnswer(choice=1)))


def test_a_changed_answer_leaves_the_earlier_one_beside_it(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(3), clock)
    ann = joined(campaign, "Ann")
    shown = campaign.next(ann, 1).items[0]
    first = voted(campaign, ann, shown, VoteAnswer(choice=1), comment="Sure.", active_ms=1500)
    clock.now += 60
    second = voted(campaign, ann, shown, VoteAnswer(choice=6), flag="unclear")
    assert second.progress.done == 1
    row = rows(campaign)[0]
    assert [entry["comment"] for entry in row["earlier"]] == ["Sure."]
    assert row["earlier"][0]["seconds"] == 1.5
    assert row["flag"] == "unclear"
    was, is_now = [3.0, 0.0], [0.0, 2.0]
    turn = 1 if is_as_written(shown) else -1
    assert row["earlier"][0]["opinions"][0]["values"] == was[::turn]
    assert row["opinions"][0]["values"] == is_now[::turn]
    assert [vote.seq for vote in campaign.mine(ann)] == [second.saved]
    seen = campaign.item(ann, shown.id).answer
    assert seen is not None and (seen.seq, seen.answer.choice, seen.flag) == (2, 6, "unclear")
    assert rows(campaign, first.saved)[0]["opinions"] == row["earlier"][0]["opinions"]


def test_what_is_exported_up_to_a_vote_never_changes(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(votes=2), items(5), Clock())
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    shown = campaign.next(ann, 5).items
    for each in shown:
        voted(campaign, ann, each, VoteAnswer(choice=2))
    upto = campaign.last_vote()
    before = list(campaign.export(upto))
    voted(campaign, ann, shown[0], VoteAnswer(choice=7))
    for each in campaign.next(bob, 5).items:
        voted(campaign, bob, each, VoteAnswer(choice=7))
    lead = campaign.join(campaign.invite("lead").token, "Lead").person.id
    campaign.adjudicate(lead, 1, VoteAnswer(choice=4))
    campaign.add([item(9)])
    assert list(campaign.export(upto)) == before
    assert len(list(campaign.export())) == 11


@pytest.mark.parametrize("statement", ["UPDATE vote SET answer = '{}'", "DELETE FROM vote"])
def test_no_vote_is_changed_or_deleted_by_anybody(tmp_path: Path, statement: str) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    ann = joined(campaign, "Ann")
    voted(campaign, ann, campaign.next(ann).items[0], VoteAnswer(choice=1))
    with (
        sqlite3.connect(campaign.path) as connection,
        pytest.raises(sqlite3.IntegrityError, match="votes are never"),
    ):
        connection.execute(statement)


@pytest.mark.parametrize("statement", ["UPDATE item SET prompt = '[]'", "DELETE FROM item"])
def test_no_item_is_changed_or_deleted_by_anybody(tmp_path: Path, statement: str) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    with (
        sqlite3.connect(campaign.path) as connection,
        pytest.raises(sqlite3.IntegrityError, match="items are never"),
    ):
        connection.execute(statement)


def test_a_late_answer_is_not_needed_where_others_have_judged(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(1), clock)
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    held = campaign.next(ann).items[0]
    clock.now += 3600
    voted(campaign, bob, campaign.next(bob).items[0], VoteAnswer(choice=1))
    with pytest.raises(GoneError, match="go on with the next"):
        voted(campaign, ann, held, VoteAnswer(choice=1))
    assert campaign.last_vote() == 1


def test_a_person_votes_on_what_was_given_to_the_person_only(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(3), Clock())
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    held = campaign.next(ann).items[0]
    with pytest.raises(NotYoursError, match="not given to you"):
        voted(campaign, bob, held, VoteAnswer(choice=1))
    with pytest.raises(NotYoursError):
        campaign.item(bob, held.id)
    with pytest.raises(AbsentError):
        voted(campaign, ann, 999, VoteAnswer(choice=1))
    assert campaign.last_vote() == 0


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        ("pairwise", VoteAnswer(), "choice"),
        ("pairwise", VoteAnswer(choice=8), "none of 1"),
        ("pairwise", VoteAnswer(choice=True), "none of 1"),
        ("pairwise", VoteAnswer(choice=1, places=(1, 2)), "places"),
        ("pairwise", VoteAnswer(choice=1, ratings={"fluency": (1, 2)}), "not asked"),
        ("pairwise", VoteAnswer(choice=1, ratings={"safety": (1,)}), "each of 2"),
        ("pairwise", VoteAnswer(choice=1, ratings={"safety": (1, 6)}), "from 1 to 5"),
        ("ranking", VoteAnswer(choice=1), "pairwise"),
        ("ranking", VoteAnswer(places=(1, 2, 3)), "each of the 2"),
        ("ranking", VoteAnswer(places=(1, 3)), "without gaps"),
        ("ranking", VoteAnswer(places=(0, 1)), "from 1"),
        ("rating", VoteAnswer(ratings={"accuracy": (1, 2)}), "completeness"),
        ("rating", VoteAnswer(places=(1, 2)), "places"),
    ],
)
def test_what_is_no_answer_is_refused_and_nothing_is_written(
    tmp_path: Path, kind: str, answer: VoteAnswer, said: str
) -> None:
    campaign = made(tmp_path, config_of(kind=kind, beside=["safety"]), items(1), Clock())
    ann = joined(campaign, "Ann")
    shown = campaign.next(ann).items[0]
    with pytest.raises(AnswerError, match=said):
        voted(campaign, ann, shown, answer)
    assert campaign.last_vote() == 0


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"comment": "x" * 10_001}, "comment"),
        ({"flag": "x" * 201}, "flag"),
        ({"confidence": 1.5}, "confidence"),
        ({"active_ms": -1}, "active_ms"),
    ],
)
def test_what_comes_with_an_answer_has_its_limits(tmp_path: Path, others: dict, said: str) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    ann = joined(campaign, "Ann")
    with pytest.raises(AnswerError, match=said):
        voted(campaign, ann, campaign.next(ann).items[0], VoteAnswer(choice=1), **others)


def test_answers_come_out_by_completions_whatever_order_was_shown(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(kind="ranking"), items(30, 4), Clock())
    ann = joined(campaign, "Ann")
    while shown := campaign.next(ann).items:
        for each in shown:
            texts = [completion.messages[0].text for completion in each.completions]
            places = tuple(sorted(texts).index(text) + 1 for text in texts)
            voted(campaign, ann, each, VoteAnswer(places=places))
    out = rows(campaign)
    assert len({tuple(row["shown"]) for row in out}) > 5
    assert all(row["opinions"][0]["values"] == [1.0, 2.0, 3.0, 4.0] for row in out)
    assert all(convert(row).opinions[0].kind == "rank" for row in out)


def test_ratings_come_out_by_criterion_and_safety_stays_apart(tmp_path: Path) -> None:
    criteria = [{"name": "help"}, {"name": "harm", "safety": True}]
    campaign = made(tmp_path, config_of(kind="rating", criteria=criteria), items(1, 3), Clock())
    ann = joined(campaign, "Ann")
    shown = campaign.next(ann).items[0]
    order = [int(each.messages[0].text[-1]) for each in shown.completions]
    ratings = {"help": tuple(order[n] + 1 for n in range(3)), "harm": (5, 5, 5)}
    voted(campaign, ann, shown, VoteAnswer(ratings=ratings))
    judgement = convert(rows(campaign)[0])
    assert judgement.overall == ("help",)
    assert {o.criterion: o.values for o in judgement.opinions} == {
        "help": (1.0, 2.0, 3.0),
        "harm": (5.0, 5.0, 5.0),
    }


def test_both_bad_is_a_tie_of_completions_that_are_not_acceptable(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(2), Clock())
    ann = joined(campaign, "Ann")
    one, other = campaign.next(ann).items
    voted(campaign, ann, one, VoteAnswer(choice="both-bad"))
    voted(campaign, ann, other, VoteAnswer(choice="unsure"))
    bad, unsure = (convert(row) for row in rows(campaign))
    assert [(o.kind, o.criterion, o.values) for o in bad.opinions] == [
        ("verdict", "overall", (0.0, 0.0)),
        ("accepted", "acceptable", (0.0, 0.0)),
    ]
    assert [(o.kind, o.values) for o in unsure.opinions] == [("rank", (None, None))]


def test_of_a_repeat_the_first_answer_counts_and_the_other_stands_beside_it(
    tmp_path: Path,
) -> None:
    campaign = made(tmp_path, config_of(repeats=0.2), items(40), Clock())
    ann = joined(campaign, "Ann")
    count = 0
    while shown := campaign.next(ann, 1).items:
        count += 1
        voted(campaign, ann, shown[0], VoteAnswer(choice=1))
    out = rows(campaign)
    repeated = [row for row in out if "repeat" in row]
    assert len(out) == 40
    assert len(repeated) == count - 40 > 0
    for row in repeated:
        assert row["repeat"]["shown"] == row["shown"][::-1]
        said = row["repeat"]["opinions"][0]["values"]
        assert said == row["opinions"][0]["values"][::-1], "the first place, in the other order"


def test_people_are_pseudonyms_unless_names_are_to_be_shown(tmp_path: Path) -> None:
    for shows, expected in ((False, {"p1", "p2"}), (True, {"Ann", "Ann (p2)"})):
        folder = tmp_path / str(shows)
        folder.mkdir()
        campaign = made(folder, config_of(votes=2, names_shown=shows), items(1), Clock())
        for _ in range(2):
            person = joined(campaign, "Ann")
            voted(campaign, person, campaign.next(person).items[0], VoteAnswer(choice=1))
        assert {row["judge"] for row in rows(campaign)} == expected


def test_fields_of_the_source_come_out_and_none_is_lost_to_ours(tmp_path: Path) -> None:
    given = item(1, row={"tools": "[]", "purpose": "theirs", "system": "s"}, source="a.jsonl")
    campaign = made(tmp_path, config_of(), [given], Clock())
    ann = joined(campaign, "Ann")
    voted(campaign, ann, campaign.next(ann).items[0], VoteAnswer(choice=1), confidence=0.5)
    row = rows(campaign)[0]
    assert (row["tools"], row["source_purpose"], row["purpose"]) == ("[]", "theirs", "vote")
    assert row["source_system"] == "s" and len(convert(row).prompt) == 1
    assert (row["from"], row["line"], row["item"]) == ("a.jsonl", 1, "i1")
    assert [each["model"] for each in row["completions"]] == ["m0", "m1"]
    assert (row["confidence"], row["at"]) == (0.5, "2027-01-15T08:00:00.000Z")


def test_the_lead_settles_what_people_disagree_on(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(votes=2), items(1), Clock())
    people = [joined(campaign, name) for name in ("Ann", "Bob")]
    given = [item(0).completions[n]["model"] for n in (0, 1)]
    for person, wanted in zip(people, (1, 7), strict=True):
        shown = campaign.next(person).items[0]
        choice = wanted if is_as_written(shown) else 8 - wanted
        voted(campaign, person, shown, VoteAnswer(choice=choice))
    disputed = campaign.disagreements()[0]
    assert disputed.models is None, "the lead decides blindly, too"
    assert {vote.answer.choice for vote in disputed.votes} == {1, 7}
    first = [c.messages[0].text for c in disputed.completions].index("Answer 0.0")
    lead = campaign.join(campaign.invite("lead").token, "Lead").person.id
    campaign.adjudicate(lead, disputed.item, VoteAnswer(choice=7), "changed below")
    campaign.adjudicate(lead, disputed.item, VoteAnswer(choice=(2, 6)[first]), "reason")
    decided = campaign.disagreements()[0]
    assert decided.models is not None and sorted(filter(None, decided.models)) == given
    assert decided.decided is not None and decided.decided.comment == "reason"
    final = [row for row in rows(campaign) if row.get("final")]
    assert [row["opinions"][0]["values"] for row in final] == [[2.0, 0.0]]
    assert campaign.overview().disputed == 0
    other = campaign.join(campaign.invite("lead").token, "Other").person.id
    campaign.adjudicate(other, disputed.item, VoteAnswer(choice=4))
    final = [row for row in rows(campaign) if row.get("final")]
    assert [row["opinions"][0]["values"] for row in final] == [[0.0, 0.0]]
    with pytest.raises(AbsentError):
        campaign.adjudicate(lead, 99, VoteAnswer(choice=1))


def test_votes_from_elsewhere_are_those_of_their_judges_and_come_in_once(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(names_shown=True), items(3), Clock())
    votes = [
        ImportedVote("i0", "Eve", VoteAnswer(choice=1), at=1_700_000_000.0),
        ImportedVote("i0", "Mallory", VoteAnswer(choice=1), shown=(1, 0)),
    ]
    assert campaign.import_votes(votes) == 2
    assert campaign.import_votes(votes) == 0
    unknown, turned = rows(campaign)
    assert (unknown["judge"], unknown["opinions"][0]["values"]) == ("Eve", [3.0, 0.0])
    assert unknown["at"] == "2023-11-14T22:13:20.000Z" and "shown" not in unknown
    assert (turned["opinions"][0]["values"], turned["shown"]) == ([0.0, 3.0], [1, 0])
    assert {name_of(each) for each in campaign.next(joined(campaign, "Ann"), 9).items} == {
        "i1",
        "i2",
    }
    with pytest.raises(AbsentError, match="i9"):
        campaign.import_votes([ImportedVote("i9", "Eve", VoteAnswer(choice=1))])


def test_items_are_added_once(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(3), Clock())
    added = campaign.add(items(5))
    assert (added.added, added.known) == (2, 3)
    plain = item(7)
    turned = type(plain)(plain.prompt, plain.completions[::-1])
    assert campaign.add([type(plain)(plain.prompt, plain.completions)]).added == 1
    assert campaign.add([turned]).known == 1
