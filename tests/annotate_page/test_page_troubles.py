"""Lost connections, full disks, sessions that end, and texts that want to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reports.hostile_report import PAYLOADS

from prefdata.errors import AnswerError, BusyFileError
from prefdata.results.annotation import NewItem
from tests.annotate_page.desk import Desk, Person

pytestmark = pytest.mark.slow

Make = Callable[..., Desk]
HANDLERS = "all => all.flatMap((e) => [...e.attributes].filter((a) => /^on/i.test(a.name)))"


def only_network(person: Person) -> list[str]:
    """What the browser reported but for answers that did not come."""
    return [each for each in person.opened.faults if "Failed to load resource" not in each]


def choices(desk: Desk, person: Person) -> list[Any]:
    return [vote.answer.choice for vote in desk.campaign.mine(person.id)][::-1]


def test_answers_wait_for_the_connection_and_are_sent_in_order(desk: Make) -> None:
    at = desk()
    person = at.person()
    person.context.set_offline(True)
    for key in "253":
        seen = person.prompt()
        person.press(key)
        person.says(".saved", "Not connected")
        person.press("Enter")
        if key != "3":
            person.wait_for_prompt(seen)
    person.page.wait_for_selector(".calm")
    assert "3 answers are kept" in person.page.locator(".banner").text_content()
    assert choices(at, person) == []
    person.context.set_offline(False)
    person.page.wait_for_selector(".prompt-card", timeout=15_000)
    person.wait_until(lambda: choices(at, person) == [2, 5, 3])
    person.page.wait_for_selector(".banner", state="hidden")
    assert only_network(person) == []


def test_answers_outlive_the_page(desk: Make) -> None:
    at = desk()
    person = at.person()
    first = person.prompt()
    person.page.route("**/api/vote", lambda route: route.abort())
    person.press("2")
    person.says(".saved", "Not connected")
    person.page.unroute("**/api/vote")
    person.page.reload()
    person.page.wait_for_selector(".prompt-card")
    person.wait_until(lambda: choices(at, person) == [2])
    assert person.prompt() != first


def test_an_acknowledgement_that_is_lost_doubles_nothing(desk: Make) -> None:
    at = desk()
    person = at.person()
    lost = []

    def lose(route: Any) -> None:
        if not lost:
            lost.append(route.fetch())  # it was saved, and nobody heard of it
            route.abort()
        else:
            route.continue_()

    person.page.route("**/api/vote", lose)
    person.press("6")
    person.saved()
    assert lost[0].ok
    assert choices(at, person) == [6]


def test_a_full_disk_is_said_and_passes(desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    at = desk()
    person = at.person()

    def refuse(*_: object) -> None:
        raise BusyFileError("the file is locked by another program")

    with monkeypatch.context() as patched:
        patched.setattr(at.campaign, "answer", refuse, raising=True)
        person.press("2")
        person.says(".saved", "Not saved yet")
        assert "cannot save just now" in person.page.locator(".banner").text_content()
    person.saved()
    assert choices(at, person) == [2]
    assert only_network(person) == []


def test_an_answer_that_is_refused_is_told_and_asked_again(
    desk: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(count=2)
    person = at.person()

    def refuse(*_: object) -> None:
        raise AnswerError("this is no answer")

    first = person.prompt()
    with monkeypatch.context() as patched:
        patched.setattr(at.campaign, "answer", refuse)
        person.press("2", "Enter")
        person.says(".said", "this is no answer")
    person.press("3", "Enter")
    person.says(".prompt-card", first)
    person.press("5")
    person.saved()
    assert choices(at, person) == [3, 5]


def test_a_session_that_ends_keeps_the_answers(desk: Make) -> None:
    at = desk()
    person = at.person()
    person.press("2")
    person.saved()
    person.context.clear_cookies()
    person.press("Enter", "5")
    person.says(".saved", "Signed out")
    assert "Your session has ended" in person.page.locator(".banner").text_content()
    kept = person.page.evaluate("JSON.stringify(localStorage)")
    assert "unsent" in kept
    assert 'choice\\":5' in kept


def test_a_revoked_person_is_told(desk: Make) -> None:
    at = desk()
    person = at.person()
    at.campaign.revoke(person=person.id)
    person.press("2")
    person.says(".saved", "Signed out")
    person.page.reload()
    person.wait_until(lambda: person.page.locator("form, .prompt-card").count() == 0)
    assert at.campaign.last_vote() == 0


def test_a_pause_is_told_and_ends_by_itself(desk: Make) -> None:
    at = desk(count=6)
    at.campaign.pause()
    person = at.person(language="zh")
    person.says(".calm h2", "已暂停")
    at.campaign.resume()
    person.page.evaluate("dispatchEvent(new Event('online'))")
    person.page.wait_for_selector(".prompt-card")
    assert person.page.locator(".prompt-card").count() == 1


def hostile_items() -> list[NewItem]:
    """Every text and every name of a message is a payload."""
    return [hostile_item(number, payload) for number, payload in enumerate(PAYLOADS)]


def hostile_item(number: int, payload: str) -> NewItem:
    texts = [
        f"{payload}\n\n[x]({address}) ![y]({address})"
        for address in (payload, "javascript:window.canary=1")
    ]
    return NewItem(
        prompt=[
            {"role": "user", "content": payload},
            {"role": payload[:40], "content": payload},
        ],
        completions=[
            {"messages": [{"role": "assistant", "content": text}], "model": payload}
            for text in texts
        ],
        source=payload,
        line=number + 1,
    )


@pytest.mark.parametrize("kind", ["pairwise", "rating"])
def test_hostile_texts_do_not_run(desk: Make, kind: str) -> None:
    names = [f"{payload[:50]}".strip() for payload in PAYLOADS[:4]]
    at = desk(
        items=iter(hostile_items()), kind=kind, title=PAYLOADS[0], guidelines="\n\n".join(PAYLOADS),
        criteria=[
            {"name": name, "definition": PAYLOADS[3], "anchors": {1: PAYLOADS[6]}} for name in names
        ],
    )  # fmt: skip
    person = at.person(name=PAYLOADS[0][:80])
    inert = "script, img, iframe, object, embed, base, form, style, meta[http-equiv], animate"
    own = person.page.locator(inert).count()
    turns = len(PAYLOADS) if kind == "pairwise" else 3
    for turn in range(turns):
        seen = person.page.locator(".completion-card").first.text_content()
        person.press("r", "d", "r", *("g", "g", "e", "e", "m", "m") * (turn < 2))
        assert person.page.locator(inert).count() == own
        person.press("c")
        person.page.keyboard.insert_text(PAYLOADS[turn][:80])
        person.press("Control+Enter", *("2" if kind == "pairwise" else "12345123"), "d", "Enter")
        card = person.page.locator(".completion-card").first
        if turn < turns - 1:
            person.wait_until(lambda c=card, s=seen: c.count() and c.text_content() != s)
    assert person.page.eval_on_selector_all("#page *", HANDLERS) == []
    links = person.page.eval_on_selector_all("a", "all => all.map((a) => a.getAttribute('href'))")
    assert links == ["#main"]
    person.opened.assert_quiet()


def test_hostile_texts_do_not_run_before_the_lead(desk: Make) -> None:
    at = desk(items=iter(hostile_items()[:3]), overlap={"share": 1, "people": 2}, third=False)
    for name, key in ((PAYLOADS[0][:80], "2"), (PAYLOADS[6][:80], "6")):
        person = at.person(name=name)
        for _ in range(3):
            person.press("c")
            person.page.keyboard.insert_text(PAYLOADS[5])
            person.press("Control+Enter", key)
            person.saved()
            person.press("q")
            person.page.keyboard.insert_text(PAYLOADS[3])
            person.press("Control+Enter")
            person.page.wait_for_selector("dialog", state="detached")
            person.press("Enter")
        person.opened.assert_quiet()
    lead = at.person(name=PAYLOADS[3][:80], role="lead")
    lead.page.locator("[data-act=names]").check()
    lead.says("#people tbody th", PAYLOADS[0])
    lead.page.locator("#disputes .point").first.click()
    lead.page.locator("[data-act=decide]").click()
    lead.page.wait_for_selector(".model-name")
    assert PAYLOADS[5] in lead.page.locator(".vote-comment").first.text_content()
    assert lead.page.locator("main img, main iframe, main svg, main script").count() == 0
    lead.opened.assert_quiet()
