"""The page of the lead, and how people come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prefdata.results.annotation import VoteAnswer
from tests.annotate_page.desk import Desk
from tests.annotate_page.test_annotator_page import LOOK_NAMES, LOOKS, assert_accessible

pytestmark = pytest.mark.slow

Make = Callable[..., Desk]

KINDS = ("pairwise", "ranking", "rating")
DECIDED = {
    "pairwise": ("3", VoteAnswer(choice=3)),
    "ranking": ("1123", VoteAnswer(places=(1, 1, 2, 3))),
    "rating": (
        "543215",
        VoteAnswer(ratings={"accuracy": (5, 4), "fluency": (3, 2), "safety": (1, 5)}),
    ),
}


def keys_of(kind: str, texts: list[str], *, likes_late: bool) -> str:
    """The answer of somebody who likes texts by the alphabet: each sees them in another order."""
    order = sorted(texts, reverse=likes_late)
    if kind == "pairwise":
        return "2" if texts[0] == order[0] else "6"
    if kind == "ranking":
        return "".join(str(order.index(text) + 1) for text in texts)
    return "111111" if likes_late else "555555"


def disputed(desk: Make, kind: str = "pairwise") -> Desk:
    """Two people who have judged all of two items, and differ."""
    at = desk(kind=kind, count=2, overlap={"share": 1, "people": 2}, third=False)
    for name, likes_late in (("Ana", False), ("Li Wei", True)):
        person = at.person(name)
        for _ in range(2):
            texts = person.page.locator(".completion-texts").all_text_contents()
            person.press(*keys_of(kind, texts, likes_late=likes_late))
            person.saved()
            person.press("Enter")
        person.says(".calm h2", "All done")
    return at


@pytest.mark.parametrize("kind", KINDS)
def test_two_people_disagree_and_a_lead_decides(desk: Make, kind: str) -> None:
    at = disputed(desk, kind)
    lead = at.person("Lea", "lead")
    page = lead.page
    assert page.locator("[data-dispute]").count() == 2
    assert page.locator(".side-votes li").count() == 2
    assert "hidden-" not in page.content()  # no model before the decision
    assert "Li Wei" not in page.content()
    keys, wanted = DECIDED[kind]
    page.locator(".decision input[type=radio], .decision .chip").first.focus()
    lead.press(*keys)
    page.locator("[data-act=decide]").click()
    lead.says(".side-votes .is-decided", "Decided")
    assert page.locator(".model-name").count() >= 2
    assert_accessible(lead)
    decided = next(each.decided for each in at.campaign.disagreements() if each.decided)
    assert decided.answer == wanted
    with page.expect_download() as download:
        page.locator("#export a").click()
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert [row.get("final") for row in rows].count(True) == 1
    assert len(rows) == 5
    lead.opened.assert_quiet()


@pytest.mark.parametrize("look", LOOKS, ids=LOOK_NAMES)
def test_the_lead_sees_how_it_stands(desk: Make, look: dict[str, str]) -> None:
    at = desk(count=4, overlap={"share": 1, "people": 2})
    for number, name in enumerate(("Ana", "Bo")):
        person = at.campaign.join(at.campaign.invite().token, name).person.id
        at.campaign.ask(person, None, f"Question {number}?")
    lead = at.person("Lea", "lead", **look)
    page = lead.page
    assert_accessible(lead)
    names = page.locator("#people tbody th .cell, #people tbody th")
    assert "Ana" not in page.locator("#people").text_content()
    page.locator("[data-act=names]").check()
    lead.says("#people", "Ana")
    assert names.count() >= 2
    page.locator("#questions textarea").first.fill("It does.")
    page.locator("#questions button").first.click()
    lead.says("#questions .asked-reply", "It does.")
    page.locator("[data-act=pause]").click()
    page.wait_for_selector("[data-act=resume]")
    assert at.campaign.overview().state == "paused"
    page.locator("[data-act=resume]").click()
    page.wait_for_selector("[data-act=pause]")
    assert_accessible(lead)
    other = "zh" if look["language"] == "en" else "en"
    page.locator(f"[data-choose='language:{other}']").click()
    lead.says("#title-people", {"en": "People", "zh": "人员"}[other])
    lead.opened.assert_quiet()


@pytest.mark.parametrize("look", LOOKS[:2], ids=LOOK_NAMES[:2])
def test_an_invitation_is_made_used_and_revoked(desk: Make, look: dict[str, str]) -> None:
    at = desk()
    lead = at.person("Lea", "lead", **look)
    lead.page.locator("[data-act=invite]").click()
    lead.page.wait_for_selector("#invitations .link-field")
    link = lead.page.locator("#invitations .link-field").input_value()
    opened, context = at.stranger(**look)
    opened.page.goto(link)
    from_page: Any = type("Guest", (), {"page": opened.page})
    assert_accessible(from_page)
    opened.page.locator("input[name=name]").fill("Zoë 李")
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector(".prompt-card")
    html = opened.page.locator("html")
    assert html.get_attribute("lang") == {"en": "en", "zh": "zh-CN"}[look["language"]]
    assert [each.name for each in [at.campaign.session(cookie_of(context)).person]] == ["Zoë 李"]
    opened.page.keyboard.press("m")
    opened.page.locator("[data-choose='language:zh']").click()
    opened.page.keyboard.press("Escape")
    opened.page.reload()
    opened.page.wait_for_selector(".prompt-card")
    assert html.get_attribute("lang") == "zh-CN"
    opened.assert_quiet()
    lead.page.locator("#invitations tbody button").first.click()
    lead.wait_until(lambda: at.campaign.invitations()[0].is_revoked)
    opened.page.context.clear_cookies()
    opened.page.goto(link)
    assert opened.page.locator("form").count() == 0
    lead.opened.assert_quiet()


def cookie_of(context: Any) -> str:
    return next(each["value"] for each in context.cookies() if each["name"].endswith("session"))
