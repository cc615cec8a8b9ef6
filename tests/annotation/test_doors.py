"""Who comes in, who stays, and who is put out."""

from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.errors import AbsentError, AnswerError, SignedOutError
from prefdata.results.annotation import VoteAnswer
from tests.annotation.campaigns import Clock, config_of, items, joined, made, voted

DAY = 24 * 3600


def test_an_invitation_lets_in_as_many_as_it_says_and_as_long(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(1), clock)
    twice = campaign.invite(uses=2, days=3, name="Team").token
    assert campaign.peek(twice).uses_left == 2
    assert campaign.join(twice, " Ann ").person.name == "Ann"
    assert campaign.join(twice, "Bob", "zh").person.language == "zh"
    for door in (campaign.peek, lambda token: campaign.join(token, "Cid")):
        with pytest.raises(SignedOutError, match="new one"):
            door(twice)
    short = campaign.invite(days=1).token
    clock.now += 2 * DAY
    with pytest.raises(SignedOutError):
        campaign.join(short, "Cid")
    with pytest.raises(SignedOutError):
        campaign.join("guessed", "Cid")
    assert [each.uses_left for each in campaign.invitations()] == [None, 0]
    campaign.join(campaign.invite("lead", days=None).token, "Lead")
    assert campaign.invitations()[0].expires is None


def test_a_session_is_known_by_its_secret_and_stays_as_long_as_it_is_used(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(1), clock)
    ann = campaign.join(campaign.invite(days=None).token, "Ann")
    for _ in range(5):
        clock.now += 20 * DAY
        signed = campaign.session(ann.session)
        assert (signed.person, signed.csrf) == (ann.person, ann.csrf)
    clock.now += 31 * DAY
    with pytest.raises(SignedOutError, match="Open your link"):
        campaign.session(ann.session)


def test_who_leaves_is_out_and_others_are_not(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    token = campaign.invite().token
    ann, bob = campaign.join(token, "Ann"), campaign.join(token, "Bob")
    campaign.leave(ann.session)
    campaign.leave(ann.session)
    with pytest.raises(SignedOutError):
        campaign.session(ann.session)
    assert campaign.session(bob.session).person.name == "Bob"
    assert ann.csrf != bob.csrf


def test_no_secret_stands_in_the_file(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    token = campaign.invite().token
    ann = campaign.join(token, "Ann")
    campaign.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ann" in content
    for secret in (token, ann.session, ann.csrf):
        assert secret.encode() not in content


def test_a_revoked_invitation_lets_nobody_in_and_puts_nobody_out(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    invited = campaign.invite()
    ann = campaign.join(invited.token, "Ann")
    campaign.revoke(invitation=invited.id)
    with pytest.raises(SignedOutError):
        campaign.join(invited.token, "Bob")
    assert campaign.session(ann.session).person.id == ann.person.id
    assert campaign.invitations()[0].is_revoked
    with pytest.raises(AbsentError):
        campaign.revoke(invitation=99)


def test_a_revoked_person_is_out_and_what_was_held_goes_to_others(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(2), Clock())
    token = campaign.invite().token
    ann = campaign.join(token, "Ann")
    bob = joined(campaign, "Bob")
    held = campaign.next(ann.person.id, 2).items
    voted(campaign, ann.person.id, held[0], VoteAnswer(choice=1))
    campaign.revoke(person=ann.person.id)
    with pytest.raises(SignedOutError):
        campaign.session(ann.session)
    with pytest.raises(SignedOutError):
        campaign.next(ann.person.id)
    assert len(campaign.next(bob, 9).items) == 1
    assert len(list(campaign.export())) == 1, "votes stay"
    assert [person.is_revoked for person in campaign.people()] == [True, False]
    with pytest.raises(AbsentError):
        campaign.revoke(person=99)


def test_a_person_signs_in_on_another_device_once(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(3), Clock())
    ann = campaign.join(campaign.invite().token, "Ann")
    link = campaign.link(ann.person.id).token
    phone = campaign.join(link, "whatever")
    assert phone.person == ann.person
    assert campaign.next(phone.person.id) == campaign.next(ann.person.id)
    with pytest.raises(SignedOutError):
        campaign.join(link, "Eve")
    assert len(campaign.invitations()) == 1


@pytest.mark.parametrize("name", ["", "  ", "a" * 81, "a\x00b", "a\x1b[31m"])
def test_a_name_can_be_seen(tmp_path: Path, name: str) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    with pytest.raises(AnswerError, match="name"):
        campaign.join(campaign.invite().token, name)
    assert campaign.people() == ()


def test_questions_are_collected_and_replied_to(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(2), Clock())
    ann, bob = joined(campaign, "Ann"), joined(campaign, "Bob")
    shown = campaign.next(ann).items[1]
    asked = campaign.ask(ann, shown.id, " Is a list longer? ")
    campaign.ask(bob, None, "May I stop?")
    assert (asked.text, asked.item, asked.label) == ("Is a list longer?", 2, f"p{ann}")
    campaign.reply(asked.id, "Yes.")
    assert [each.reply for each in campaign.questions()] == [None, "Yes."]
    assert [each.reply for each in campaign.my_questions(ann)] == ["Yes."]
    for text in ("", " \n", "x" * 10_001):
        with pytest.raises(AnswerError, match="text"):
            campaign.ask(ann, None, text)
    with pytest.raises(AbsentError):
        campaign.reply(99, "Yes.")


def test_the_page_shows_nothing_of_what_wrote_a_completion(tmp_path: Path) -> None:
    given = next(items(1))
    given.completions[0]["messages"][0] |= {"name": "model-x", "tool_calls": [{"id": "t"}]}
    campaign = made(tmp_path, config_of(), [given], Clock())
    shown = campaign.next(joined(campaign, "Ann")).items[0]
    assert "model-x" not in repr(shown) and "m0" not in repr(shown)
    assert {m.extra for c in shown.completions for m in c.messages} == {
        None,
        '{"tool_calls":[{"id":"t"}]}',
    }
