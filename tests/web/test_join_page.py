"""Invitation links: one page, a name, a session; guessing is slow, and another page cannot join."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.served import HIDDEN, Served, new_campaign, served


def test_a_link_signs_in_and_is_in_the_language_that_was_chosen(pages: Served) -> None:
    ann = pages.stranger()
    joined = ann.join(pages.campaign.invite().token, "  Ann \t Lee ", "zh")
    assert (joined.status_code, joined.headers["location"]) == (303, "/")
    person = ann.get("/api/me").json()["person"]
    assert person == {"id": 1, "name": "Ann Lee", "role": "annotator", "language": "zh"}
    assert 'lang="zh-CN"' in ann.get("/").text
    cookies = joined.headers.get_list("set-cookie")
    assert all("HttpOnly" in each and "SameSite=" in each for each in cookies)


def test_a_lead_comes_to_the_page_of_the_lead(pages: Served) -> None:
    lead = pages.stranger()
    joined = lead.join(pages.campaign.invite("lead").token, "Lea")
    assert joined.headers["location"] == "/lead"
    assert lead.get("/lead").status_code == 200


def test_reading_a_link_uses_nothing_up(pages: Served) -> None:
    token = pages.campaign.invite(uses=1).token
    for _ in range(5):
        assert pages.stranger().get(f"/join/{token}").status_code == 200
    pages.stranger().join(token)
    assert pages.stranger().get(f"/join/{token}").status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\x00b", "a\u202eb"])
def test_a_name_that_is_none_is_asked_for_again(pages: Served, name: str) -> None:
    token = pages.campaign.invite().token
    ann = pages.stranger()
    page = ann.get(f"/join/{token}")
    csrf = HIDDEN.search(page.text)[1]  # type: ignore[index]
    again = ann.ask("POST", f"/join/{token}", data={"name": name, "csrf": csrf})
    assert again.status_code == 422
    assert 'role="alert"' in again.text
    assert HIDDEN.search(again.text)
    assert pages.campaign.overview().people == 0


@pytest.mark.parametrize("csrf", ["", "x", None])
def test_nobody_joins_without_having_seen_the_page(pages: Served, csrf: str | None) -> None:
    token = pages.campaign.invite().token
    ann = pages.stranger()
    if csrf is not None:
        ann.get(f"/join/{token}")
    fields = {"name": "Ann", "csrf": csrf or ""}
    assert ann.ask("POST", f"/join/{token}", data=fields).status_code == 403
    assert not any("session" in name for name in ann.cookies)


def test_names_and_titles_are_texts(tmp_path: Path) -> None:
    hostile = '"><script>window.canary=1</script>'
    pages = served(new_campaign(tmp_path / "project.sqlite", title=hostile))
    token = pages.campaign.invite(name="<b>Ann</b>").token
    ann = pages.stranger()
    page = ann.get(f"/join/{token}").text
    assert "<script>window" not in page
    assert "<b>Ann" not in page
    ann.join(token, "<i>Bo</i>")
    for path in ("/", f"/join/{token}", "/none"):
        assert "<script>window" not in ann.get(path).text
        assert "<i>Bo" not in ann.get(path).text
    pages.campaign.close()


def test_guessing_links_is_slow(pages: Served) -> None:
    good = pages.campaign.invite().token
    guesser = pages.stranger("198.51.100.1")
    told = [guesser.get(f"/join/guess{number}").status_code for number in range(14)]
    assert told == [404] * 10 + [429] * 4
    refused = guesser.get(f"/join/{good}")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert pages.stranger("198.51.100.2").get(f"/join/{good}").status_code == 200


def test_guessing_sessions_is_slow_and_troubles_nobody_else(pages: Served) -> None:
    ann = pages.somebody()
    guesser = pages.stranger()
    name = next(iter(ann.cookies))
    told = []
    for number in range(90):
        guesser.cookies = {name: f"guess{number}"}
        told.append(guesser.get("/api/me").status_code)
    assert told[:60] == [401] * 60
    assert told.count(429) > 10  # some attempts are won back meanwhile
    assert ann.get("/api/me").status_code == 200


def test_a_revoked_link_opens_nothing(pages: Served) -> None:
    invited = pages.campaign.invite()
    pages.campaign.revoke(invitation=invited.id)
    assert pages.stranger().get(f"/join/{invited.token}").status_code == 404
