"""What a reader does on the page of the audit: the next steps, cards that are decided, the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from reports.hostile_report import PAYLOADS, hostile
from reports.report_values import claims, labels, report

from prefdata.io.review.answers import read_answers
from prefdata.reports.page.page import page
from prefdata.results.audit import AuditReport

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
UNANSWERED = report(labels=labels(answered=False), reviewed=None)
PRESSED = "#suspects [data-decide][aria-pressed=true]"
COUNT = "#suspects [data-decided]"
WITHOUT_TEXTS = """() => [...document.querySelectorAll("#suspects .card")].map((card) => {
  const copy = card.cloneNode(true);
  for (const each of copy.querySelectorAll(".texts, .decide")) each.remove();
  return copy.textContent;
})"""


def focused(opened: Any) -> str | None:
    return opened.page.evaluate("document.activeElement.dataset.suspect ?? null")


def saved(opened: Any, folder: Path) -> Path:
    """The file that "export decisions" saves."""
    with opened.page.expect_download() as download:
        opened.page.locator("[data-export]").click()
    assert download.value.suggested_filename == "decisions.csv"
    download.value.save_as(folder / "decisions.csv")
    return folder / "decisions.csv"


def test_cards_are_decided_by_keyboard(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    keys = opened.page.keyboard
    keys.press("1")
    assert opened.page.locator(PRESSED).count() == 0, "no card has the focus"
    opened.page.locator("#suspects").scroll_into_view_if_needed()
    opened.page.locator("[data-suspect='0']").focus()
    for key in "1234":
        keys.press(key)
    assert focused(opened) == "4"
    decisions = opened.page.eval_on_selector_all(
        PRESSED, "all => all.map((each) => each.dataset.decide)"
    )
    assert decisions == ["keep", "flip", "unsure", "drop"]
    keys.press("k")
    assert focused(opened) == "3"
    keys.press("4")
    assert opened.page.locator(PRESSED).count() == 3, "the same again takes it back"
    keys.press("u")
    keys.press("u")
    expect(opened.page.locator(COUNT)).to_have_text("3 of 24 decided")
    for _ in range(6):
        keys.press("j")
    assert focused(opened) == "9"
    keys.press("j")
    assert focused(opened) == "10", "on the next page"
    keys.press("k")
    assert focused(opened) == "9"
    opened.assert_quiet()


def test_a_key_that_is_typed_decides_nothing(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    first = opened.page.locator("[data-suspect='0']")
    first.locator("[data-decide=keep]").click()
    first.locator(".decide-note input").press_sequentially("j 2 u 4")
    opened.page.locator("#suspects input[type=search]").press_sequentially("1u")
    opened.page.locator("#suspects input[type=search]").fill("")
    opened.page.locator("#suspects select[data-filter=class]").press("2")
    first.focus()
    opened.page.keyboard.press("Control+2")
    expect(opened.page.locator(COUNT)).to_have_text("1 of 24 decided")
    expect(first.locator("[data-decide=keep]")).to_have_attribute("aria-pressed", "true")
    expect(first.locator(".decide-note input")).to_have_value("j 2 u 4")
    opened.assert_quiet()


def test_decisions_outlive_language_and_reload_and_can_be_undone(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    card = opened.page.locator("[data-suspect='2']")
    card.locator("[data-decide=flip]").click()
    card.locator(".decide-note input").fill("the figures are wrong")
    opened.page.locator("[data-choose='language:zh']").click()
    expect(opened.page.locator(COUNT)).to_have_text("已判断 1 / 24")
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready]", state="attached")
    expect(card.locator("[data-decide=flip]")).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".decide-note input")).to_have_value("the figures are wrong")
    card.locator("[data-decide=drop]").click()
    expect(card.locator(".decide-note input")).to_have_value("the figures are wrong")
    opened.page.locator("[data-undo]").click()
    expect(card.locator("[data-decide=flip]")).to_have_attribute("aria-pressed", "true")
    expect(opened.page.locator("[data-undo]")).to_be_disabled()
    opened.assert_quiet()


def test_another_report_has_decisions_of_its_own(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    store = f"prefdata.decisions.{UNANSWERED.fingerprint}"
    opened.page.locator("[data-suspect='0'] [data-decide=flip]").click()
    assert opened.page.evaluate("Object.keys(localStorage)") == [store]
    for stored in ("{", "[1]", '{"0": {"decision": "burn", "note": ""}}', '{"0": null}'):
        opened.page.evaluate("([key, value]) => localStorage.setItem(key, value)", [store, stored])
        opened.page.reload()
        opened.page.wait_for_selector("html[data-ready]", state="attached")
        expect(opened.page.locator(COUNT)).to_have_text("0 of 24 decided")
        expect(opened.page.locator("[data-export]")).to_be_disabled()
    opened.assert_quiet()


def test_the_file_is_read_as_decisions(open_page: Open, tmp_path: Path) -> None:
    opened = open_page(page(UNANSWERED))
    wanted = {"0": "keep", "3": "flip", "5": "unsure", "9": "drop"}
    notes = {"3": '=HYPERLINK("x"), "quoted"', "5": "两侧都对；-1"}
    for number, decision in wanted.items():
        card = opened.page.locator(f"[data-suspect='{number}']")
        card.locator(f"[data-decide={decision}]").click()
        card.locator(".decide-note input").fill(notes.get(number, ""))
    path = saved(opened, tmp_path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert not re.search(r'(^|,)"[=+@-]', path.read_text(encoding="utf-8-sig"), re.MULTILINE)
    answers = read_answers(path)
    assert not answers.undecided
    found = {(each.fingerprint, each.decision) for each in answers.decided}
    assert UNANSWERED.labels is not None
    suspects = UNANSWERED.labels.suspects
    assert found == {(suspects[int(at)].fingerprint, each) for at, each in wanted.items()}
    places = [(each.place.source, each.place.source_row) for each in suspects]
    assert [each.place for each in answers.decided] == [places[int(at)] for at in wanted]
    assert {each.note for each in answers.decided} == {"", *notes.values()}
    opened.assert_quiet()


def test_hostile_rows_are_exported_whole(open_page: Open, tmp_path: Path) -> None:
    shown = hostile()
    opened = open_page(page(shown))
    cards = opened.page.locator("#suspects .card")
    for card in cards.all():
        card.locator("[data-decide=flip]").click()
        card.locator(".decide-note input").fill(PAYLOADS[15])
    path = saved(opened, tmp_path)
    assert not re.search(r'(^|,)"[=+@-]', path.read_text(encoding="utf-8-sig"), re.MULTILINE)
    answers = read_answers(path)
    assert len(answers.decided) == cards.count()
    assert {each.note for each in answers.decided} == {PAYLOADS[15]}
    opened.assert_quiet()


def test_a_browser_that_keeps_nothing_says_so(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    full = "() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }"
    opened.page.evaluate(full)
    opened.page.locator("[data-suspect='0'] [data-decide=keep]").click()
    expect(opened.page.locator(COUNT)).to_contain_text("does not save decisions")
    opened.assert_quiet()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_answers_no_card_accuses(open_page: Open, language: str) -> None:
    opened = open_page(page(UNANSWERED), language=language)
    assert opened.page.locator("#page .p-flip").count() == 0
    cards = opened.page.evaluate(WITHOUT_TEXTS)
    assert len(cards) == 10
    accusing = re.compile(r"wrong|flip|suspect|error|标反|有误|错|可疑", re.IGNORECASE)
    assert [text for text in cards if accusing.search(text)] == []
    heads = opened.page.locator("#suspects .card .rank").all_text_contents()
    assert heads[2] == {"en": "Rank 3 of 15,402", "zh": "第 3 名（共 15,402 行）"}[language]
    names = opened.page.locator("#page").text_content()
    assert not re.search("likely flipped|疑似标反|Wrong more often|多半标反", names, re.IGNORECASE)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            "According to 80 answers of people, about 97 in 100 rows like this are wrong: 97.0%",
        ),
        ("zh", "依据 80 个人工判断，这样的行约每 100 行有 97 行有误：97.0%"),
    ],
)
def test_with_answers_a_card_says_how_often_such_rows_are_wrong(
    open_page: Open, language: str, says: str
) -> None:
    opened = open_page(page(report()), language=language)
    expect(opened.page.locator("#suspects .card .p-flip").first).to_contain_text(says)
    opened.assert_quiet()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_cards_say_different_things_and_repeat_nothing(open_page: Open, language: str) -> None:
    opened = open_page(page(UNANSWERED), language=language)
    said = opened.page.locator("#suspects .card-says").all_text_contents()
    assert len(set(said)) == len(said) == 10
    assert opened.page.locator("#suspects .card [data-reason=steady]").count() == 0
    assert opened.page.locator("#suspects > .reasons [data-reason=steady]").count() == 1
    assert opened.page.locator("#summary .claim").count() == 1
    shown = opened.page.locator("main").text_content()
    [claim] = opened.page.locator("#summary .claim").all_text_contents()
    assert shown.count(claim) == 1


def test_a_row_is_named_by_its_line_alone(open_page: Open) -> None:
    shown = UNANSWERED
    opened = open_page(page(shown))
    assert shown.labels is not None
    first = shown.labels.suspects[0].place
    place = opened.page.locator("#suspects .card .place").first
    expect(place).to_have_text(f"{first.source}:{first.source_row}")
    places = opened.page.locator(".place").all_text_contents()
    assert all(re.fullmatch(r"raw/[\w.]+:\d+", each) for each in places)
    opened.assert_quiet()


@pytest.mark.parametrize(
    ("language", "named", "unknown"),
    [
        ("en", "one of 2 copies of the pair; raw/community_zh.parquet:6 is", "row 8 of the run"),
        ("zh", "该偏好对共有 2 份，raw/community_zh.parquet:6 最早", "运行中的第 8 行"),
    ],
)
def test_evidence_names_rows_by_their_lines(
    open_page: Open, language: str, named: str, unknown: str
) -> None:
    opened = open_page(page(UNANSWERED), language=language)
    cards = opened.page.locator("#alike .card")
    expect(cards.nth(0)).to_contain_text(named)
    expect(cards.nth(4)).to_contain_text("raw/helpful.jsonl:1")
    expect(cards.nth(4)).to_contain_text(unknown)
    opened.page.locator("#alike input[type=search]").fill("parquet:6")
    expect(cards.nth(0)).to_contain_text(named)
    opened.assert_quiet()


def test_differences_are_marked_only_where_texts_are_alike(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    cards = opened.page.locator("#suspects .card")
    marked = [card.locator("mark").count() > 0 for card in cards.all()]
    unlike = ["share few words" in card.text_content() for card in cards.all()]
    assert any(marked)
    assert any(unlike)
    assert not any(one and other for one, other in zip(marked, unlike, strict=True))


LINKS = "all => all.map((a) => Boolean(document.getElementById(a.getAttribute('href').slice(1))))"


def answered(**changes: object) -> AuditReport:
    """A report whose answers say something else."""
    said = claims()
    assert said.answers is not None
    changed = said.model_copy(update={"answers": said.answers.model_copy(update=changes)})
    return report(labels=labels().model_copy(update={"claims": changed}))


@pytest.mark.parametrize(
    ("shown", "first"),
    [
        (UNANSWERED, "Answer 20 rows of the review sheet"),
        (report(), "Read a few more rows"),
        (answered(once=4), "Read the labels called wrong a second time"),
        (answered(may_drop=True), "Drop the remaining rows at the top"),
        (report(labels=labels(judged=False)), "Labels cannot be ranked"),
        (report(labels=None), "See why no model was trained"),
    ],
    ids=["no answers", "answers", "read once", "may drop", "not judged", "no models"],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_next_steps_come_first(
    open_page: Open, shown: AuditReport, first: str, language: str
) -> None:
    opened = open_page(page(shown), language=language)
    steps = opened.page.locator("#summary .steps li")
    assert steps.count() == 3
    if language == "en":
        expect(steps.first).to_contain_text(first)
    assert all(opened.page.eval_on_selector_all("#summary .steps a", LINKS))
    assert opened.page.locator("main > section").first.get_attribute("id") == "summary"
    opened.assert_quiet()


def test_decisions_are_not_printed(open_page: Open) -> None:
    opened = open_page(page(UNANSWERED))
    opened.page.emulate_media(media="print")
    expect(opened.page.locator("#suspects .card")).to_have_count(24, timeout=20_000)
    for control in opened.page.locator(".decide, .decision-bar").all():
        assert not control.is_visible()
    opened.assert_quiet()


def test_the_page_is_light() -> None:
    html = page(report())
    assert len(html.encode()) < 600_000
    assert "plotly" not in html.lower()
