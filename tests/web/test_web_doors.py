"""Who may do what: sessions, tokens, one's own and others', the lead's."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from prefdata.errors import BusyFileError, FullDiskError, ReadOnlyFileError
from tests.web.served import Client, Served, first_item, new_campaign, served, vote

ASKED = ("me", "next", "mine", "item/1", "questions")
POSTED = ("vote", "question", "link")
LED = ("overview", "people", "disagreements", "questions", "invitations", "export")
LED_POSTED = ("adjudicate", "reply", "invite", "revoke", "pause", "resume")


def test_a_person_joins_votes_and_sees_the_vote_again(pages: Served) -> None:
    ann = pages.somebody()
    item = first_item(ann)
    saved = ann.post("/api/vote", vote(item["id"], comment="why", confidence=0.5))
    assert saved.status_code == 200
    assert saved.json()["progress"]["done"] == 1
    (own,) = ann.get("/api/mine").json()["votes"]
    assert (own["item"], own["answer"], own["comment"]) == (item["id"], {"choice": 2}, "why")
    assert ann.get(f"/api/item/{item['id']}").json()["answer"]["seq"] == own["seq"]


def test_no_answer_names_a_model_or_a_source(pages: Served) -> None:
    ann = pages.somebody()
    item = first_item(ann)
    ann.post("/api/vote", vote(item["id"]))
    said = "".join(ann.get(f"/api/{path}").text for path in ("me", "next", "mine"))
    said += ann.get(f"/api/item/{item['id']}").text
    assert "secret-model" not in said
    assert "a.jsonl" not in said


def test_the_same_request_is_the_same_vote(pages: Served) -> None:
    ann = pages.somebody()
    sent = vote(first_item(ann)["id"])
    answers = [ann.post("/api/vote", sent).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert pages.campaign.last_vote() == 1


@pytest.mark.parametrize("path", [*ASKED, *(f"lead/{each}" for each in LED)])
def test_whoever_is_not_signed_in_learns_nothing(pages: Served, path: str) -> None:
    stranger = pages.stranger()
    refused = stranger.get(f"/api/{path}")
    assert (refused.status_code, refused.json()["code"]) == (401, "signed-out")


@pytest.mark.parametrize("path", [*POSTED, *(f"lead/{each}" for each in LED_POSTED)])
def test_nothing_is_done_for_whoever_is_not_signed_in(pages: Served, path: str) -> None:
    assert pages.stranger().post(f"/api/{path}", {}).status_code == 401
    assert pages.stranger().post("/leave").status_code == 401


@pytest.mark.parametrize("token", [b"", b"x", b"\xe9", None])
@pytest.mark.parametrize("path", [*POSTED, *(f"lead/{each}" for each in LED_POSTED)])
def test_nothing_is_done_without_the_token_of_the_page(
    pages: Served, path: str, token: bytes | None
) -> None:
    lead = pages.somebody("lead")
    of_another = pages.somebody().csrf.encode()
    headers = {"x-csrf-token": of_another if token is None else token}
    refused = lead.post(f"/api/{path}", {"person": None}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")


@pytest.mark.parametrize("path", LED)
def test_an_annotator_sees_nothing_of_the_leads(pages: Served, path: str) -> None:
    refused = pages.somebody().get(f"/api/lead/{path}")
    assert (refused.status_code, refused.json()["code"]) == (403, "lead-only")


@pytest.mark.parametrize("path", LED_POSTED)
def test_an_annotator_does_nothing_of_the_leads(pages: Served, path: str) -> None:
    refused = pages.somebody().post(f"/api/lead/{path}", {"person": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "lead-only")
    assert pages.somebody().get("/lead").status_code == 403


def test_an_annotator_sees_and_answers_only_what_is_theirs(pages: Served) -> None:
    ann, bob = pages.somebody(name="Ann"), pages.somebody(name="Bob")
    item = first_item(ann)["id"]
    sent = vote(item)
    assert bob.get(f"/api/item/{item}").status_code == 403
    assert bob.post("/api/vote", sent).status_code == 403
    assert bob.post("/api/question", {"item": item, "text": "?"}).status_code == 403
    assert ann.post("/api/vote", sent).status_code == 200
    assert bob.get("/api/mine").json() == {"votes": []}
    theirs = first_item(bob)["id"]
    assert bob.post("/api/vote", {**sent, "item": theirs}).status_code == 403


def test_a_revoked_person_is_out_at_once_and_the_votes_stay(pages: Served) -> None:
    lead, ann = pages.somebody("lead"), pages.somebody()
    item = first_item(ann)["id"]
    ann.post("/api/vote", vote(item))
    number = pages.campaign.session(next(iter(ann.cookies.values()))).person.id
    assert lead.post("/api/lead/revoke", {"person": number}).status_code == 200
    assert ann.get("/api/next").status_code == 401
    assert ann.post("/api/vote", vote(item)).status_code == 401
    assert pages.campaign.last_vote() == 1


def test_whoever_leaves_is_out(pages: Served) -> None:
    ann = pages.somebody()
    cookies = dict(ann.cookies)
    assert ann.post("/leave").status_code == 200
    assert ann.cookies == {}
    ann.cookies = cookies
    assert ann.get("/api/me").status_code == 401


def test_a_link_of_ones_own_opens_another_device_once(pages: Served) -> None:
    ann = pages.somebody()
    token = ann.post("/api/link").json()["link"].rpartition("/")[2]
    phone = pages.stranger()
    phone.join(token)
    assert phone.get("/api/me").json()["person"] == ann.get("/api/me").json()["person"]
    assert pages.stranger().get(f"/join/{token}").status_code == 404


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"answer": {"choice": 9}},
        {"answer": {"choice": "best"}},
        {"answer": {"places": [1, 2]}},
        {"answer": {}},
        {"confidence": 7},
        {"item": -1},
        {"item": 10**30},
        {"active_ms": -5},
        {"comment": "x" * 50_000},
        {"request": ""},
        {"request": "x" * 5000},
        {"other": 1},
    ],
)
def test_what_is_no_answer_is_refused_in_both_languages(
    pages: Served, sent: dict[str, Any]
) -> None:
    ann = pages.somebody()
    whole = {**vote(first_item(ann)["id"]), **sent} if sent else {}
    refused = ann.post("/api/vote", whole)
    assert refused.status_code in (404, 422)
    assert refused.json()["error"]
    assert pages.campaign.last_vote() == 0


@pytest.mark.parametrize(
    "query", ["count=x", "count=-1", "skip=a", "skip=1,,b", "count=" + "9" * 30, "count=１"]
)
def test_a_query_that_is_none_is_refused(pages: Served, query: str) -> None:
    assert pages.somebody().get(f"/api/next?{query}").status_code == 422


def test_what_a_page_asks_for_is_bounded(pages: Served) -> None:
    ann = pages.somebody()
    assert len(ann.get("/api/next?count=1000").json()["items"]) <= 5


@pytest.mark.parametrize(
    ("error", "code"),
    [(BusyFileError, "busy"), (FullDiskError, "full"), (ReadOnlyFileError, "read-only")],
)
def test_a_vote_that_cannot_be_saved_is_to_be_sent_again(
    pages: Served, monkeypatch: pytest.MonkeyPatch, error: type[Exception], code: str
) -> None:
    ann = pages.somebody()
    item = first_item(ann)["id"]

    def fail(*_: object) -> None:
        raise error("/home/secret/project.sqlite: no")

    monkeypatch.setattr(pages.campaign, "answer", fail)
    refused = ann.post("/api/vote", vote(item))
    assert refused.status_code == 503
    assert refused.json() | {"error": ""} == {"error": "", "code": code, "retry": True}
    assert "secret" not in refused.text


def test_a_project_that_may_only_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "project.sqlite"
    new_campaign(path).close()
    from prefdata.pipeline.annotation.campaign import Campaign

    before = Campaign.open(path)
    token = before.invite().token
    session = before.join(token, "Ann")
    before.close()
    pages = served(Campaign.open(path, is_read_only=True))
    ann = Client(pages.app, pages.site, csrf=session.csrf)
    ann.cookies = {f"prefdata-{pages.site.name}-session": session.session}
    refused = ann.get("/api/next")
    assert (refused.status_code, refused.json()["code"]) == (503, "read-only")
    pages.campaign.close()


def test_what_nobody_expected_is_told_without_a_word_of_it(
    pages: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ann = pages.somebody()
    secret = str(uuid4())

    def fail(*_: object) -> None:
        raise ValueError(secret)

    monkeypatch.setattr(pages.campaign, "progress", fail)
    refused = ann.get("/api/me")
    assert (refused.status_code, refused.json()["code"]) == (500, "broken")
    assert secret not in refused.text + caplog.text
    assert "ValueError" in caplog.text


def test_the_lead_invites_pauses_and_takes_everything_out(pages: Served) -> None:
    lead = pages.somebody("lead")
    made = lead.post("/api/lead/invite", {"role": "annotator", "name": "Cleo", "uses": 1})
    token = made.json()["link"].rpartition("/")[2]
    cleo = pages.stranger()
    assert "Cleo" in cleo.get(f"/join/{token}").text
    cleo.join(token, "Cleo")
    assert token not in lead.get("/api/lead/invitations").text
    assert lead.post("/api/lead/pause", {}).json() == {"paused": True}
    assert cleo.get("/api/next").json()["state"] == "paused"
    lead.post("/api/lead/resume", {})
    cleo.post("/api/vote", vote(first_item(cleo)["id"]))
    exported = lead.get("/api/lead/export")
    assert exported.headers["content-type"] == "application/jsonl"
    assert len(exported.text.splitlines()) == 1
    assert lead.get("/api/lead/overview").json()["votes"] == 1
    assert cleo.get("/api/lead/export").status_code == 403


def test_a_question_comes_to_the_lead_and_the_reply_comes_back(pages: Served) -> None:
    lead, ann = pages.somebody("lead"), pages.somebody()
    item = first_item(ann)["id"]
    assert ann.post("/api/question", {"item": item, "text": "Which?"}).status_code == 200
    (asked,) = lead.get("/api/lead/questions").json()["questions"]
    lead.post("/api/lead/reply", {"question": asked["id"], "text": "This."})
    assert ann.get("/api/questions").json()["questions"][0]["reply"] == "This."
    assert pages.somebody().get("/api/questions").json()["questions"] == []
