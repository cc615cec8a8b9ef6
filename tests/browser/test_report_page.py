"""The page of the audit in a real browser: what it shows, and that nothing in it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from reports.hostile_report import PAYLOADS, hostile
from reports.judging_values import judging
from reports.report_values import labels, report

from prefdata.reports.page.page import page
from prefdata.results.audit import AuditReport
from prefdata.results.manifest import RowCounts

pytestmark = pytest.mark.slow

Open = Callable[..., Any]
UNITS = {
    "count": 1, "ratio": 1e-3, "three": 1e-3, "four": 1e-4, "signed": 1e-2, "points": 1e-4,
    "edge": 1, "about": 1e-1,
}  # fmt: skip
"""What the last shown digit of a format stands for."""

ALL_OPEN = """async () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  await new Promise((done) => setTimeout(done, 50));
  for (const each of document.querySelectorAll("button.fold[aria-expanded=false]")) each.click();
}"""
SEEN = """async () => {
  const step = innerHeight / 2;
  for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise((done) => setTimeout(done, 30));
  }
}"""
NUMBERS = """() => [...document.querySelectorAll("[data-path]")].map((each) =>
  [each.dataset.path, each.dataset.value, each.dataset.format, each.textContent])"""


def printed(opened: Any) -> None:
    """Shows a page as it is printed, with all of its rows and charts."""
    opened.page.emulate_media(media="print")
    expect(opened.page.locator("details:not([open])")).to_have_count(0, timeout=20_000)
    expect(opened.page.locator(".chart:not(:has(svg))")).to_have_count(0, timeout=20_000)


def values(shown: AuditReport) -> Any:
    """report.json as it is written beside the page."""
    return json.loads(shown.model_dump_json())


def at(value: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def numbers_of(value: Any, pointer: str = "") -> Iterator[str]:
    """Where numbers stand in a report."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers_of(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from numbers_of(inner, f"{pointer}/{place}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield pointer


def read(text: str, style: str) -> float:
    number = float(re.sub(r"[,%+]", "", text))
    return number / 100 if style in ("ratio", "points") else number


@pytest.fixture(scope="module")
def full() -> AuditReport:
    return report()


@pytest.fixture(scope="module")
def html(full: AuditReport) -> str:
    return page(full)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_numbers_are_those_of_the_report(
    open_page: Open, full: AuditReport, html: str, language: str
) -> None:
    opened = open_page(html, language=language)
    printed(opened)  # all rows are there, not the first page of them
    told, shown = values(full), opened.page.evaluate(NUMBERS)
    assert len(shown) > 400
    for pointer, value, style, text in shown:
        assert json.loads(value) == at(told, pointer), pointer
        unit = UNITS[style] if style != "edge" or abs(at(told, pointer)) >= 20 else 1e-2
        assert abs(read(text, style) - at(told, pointer)) <= unit / 2 + 1e-9, (pointer, text)
    opened.assert_quiet()


ELSEWHERE = re.compile(
    r"/config/|/place/|/characters$|/edges/|/counts/flagged/|/counts/splits/|/source_row$"
    r"|/sources/\d+/counts/dropped/|/baselines/\d+/loss$|/(pairs|groups)$|/calibration/confidence$"
    r"|/claims/most$|/answers/unread$|/kappa/prompts$|/changes/settings/"
    r"|/changes/(before|after)/lines$"
)
"""Numbers that stand in texts, that others contain, or that only report.json holds."""


def test_no_number_of_the_report_is_left_out(open_page: Open, full: AuditReport, html: str) -> None:
    opened = open_page(html)
    printed(opened)
    shown = {pointer for pointer, *_ in opened.page.evaluate(NUMBERS)}
    told = values(full)
    empty = {
        f"/{where}/{place}/counts/{bin_}"
        for where, found in (
            ("lengths", told["lengths"]),
            ("labels/margins", told["labels"]["margins"]),
        )
        for place, histogram in enumerate(found)
        for bin_, count in enumerate(histogram["counts"])
        if not count
    }
    missing = {each for each in numbers_of(told) if not ELSEWHERE.search(each)} - shown - empty
    assert not missing


def test_what_a_view_added_stands_beside_it(open_page: Open, full: AuditReport) -> None:
    assert full.labels is not None
    views = [view.model_copy(update={"added": view.accuracy}) for view in full.labels.views[:2]]
    shown = full.labels.model_copy(update={"views": (*views, *full.labels.views[2:])})
    opened = open_page(page(report(labels=shown)))
    added = opened.page.locator("[data-path='/labels/views/1/added/value']")
    assert json.loads(added.get_attribute("data-value")) == views[1].accuracy.value
    assert opened.page.locator("[data-path='/labels/views/2/added/value']").count() == 0
    opened.assert_quiet()


def test_sums_are_sums(open_page: Open, full: AuditReport, html: str) -> None:
    opened = open_page(html)

    def derived(name: str) -> float:
        return float(
            opened.page.locator(f"[data-derived={name}]").first.get_attribute("data-value")
        )

    counts = full.counts
    assert derived("dropped") == sum(counts.dropped.values())
    assert derived("kept-share") == pytest.approx(counts.kept / counts.read)
    assert derived("sources") == len(full.sources)
    assert full.labels is not None
    assert derived("slices-below") == sum(each.stands_out == "below" for each in full.labels.slices)
    assert opened.page.locator("#summary .figure-number").first.text_content() == "17,102"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_text_does_not_run(open_page: Open, language: str, theme: str) -> None:
    opened = open_page(page(hostile()), language=language, theme=theme)
    opened.page.evaluate(SEEN)
    opened.page.evaluate(ALL_OPEN)
    for chosen in opened.page.locator("[data-choose]").all():
        chosen.click()
    opened.page.evaluate(ALL_OPEN)
    for search in opened.page.locator("input[type=search]").all():
        search.fill(PAYLOADS[1])
        search.fill("")
    opened.page.evaluate(SEEN)
    opened.page.mouse.move(640, 300)
    printed(opened)
    for name in ("script", "img", "iframe", "object", "link", "meta", "form", "base"):
        own = {"script": 4, "meta": 5}.get(name, 0)
        assert opened.page.locator(name).count() == own, name
    links = opened.page.eval_on_selector_all("a", "all => all.map((a) => a.getAttribute('href'))")
    assert all(re.fullmatch(r"#[a-z]+", link) for link in links)
    svg = "all => all.map((a) => a.getAttribute('href') || a.getAttribute('xlink:href'))"
    assert not any(opened.page.eval_on_selector_all("svg a, svg image, svg foreignObject", svg))
    handlers = "all => all.flatMap((e) => [...e.attributes].filter((a) => /^on/i.test(a.name)))"
    assert opened.page.eval_on_selector_all("#page *", handlers) == []
    assert opened.page.locator("#suspects .card").count() > 0
    opened.assert_quiet()


def test_hostile_text_is_shown_as_it_is(open_page: Open) -> None:
    shown = hostile()
    opened = open_page(page(shown))
    assert opened.page.title() == re.sub(r"[\t\n\f\r ]+", " ", shown.title).strip()
    printed(opened)
    text = opened.page.locator("main").text_content()
    for payload in PAYLOADS:
        if payload.isprintable():
            assert payload in text
    assert "safe U+202Egnp.exeU+202C and U+2066isolatedU+2069" in text
    assert "lineU+2028paragraphU+2029endU+0000nulU+001B[31mU+0085" in text
    assert not set("\u202e\u2066\x00\x1b") & set(text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [360, 390, 768])
@pytest.mark.parametrize("values_of", [report, hostile], ids=["full", "hostile"])
def test_nothing_is_wider_than_a_phone(
    open_page: Open, language: str, width: int, values_of: Callable[[], AuditReport]
) -> None:
    opened = open_page(page(values_of()), language=language, width=width)
    opened.page.evaluate(SEEN)
    opened.page.evaluate(ALL_OPEN)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    opened.assert_quiet()


def test_the_language_is_that_of_the_browser_until_the_reader_chooses(
    open_page: Open, html: str
) -> None:
    opened = open_page(html, language="zh")
    heading = opened.page.locator("#suspects h2")
    assert "先读这些偏好对" in heading.text_content()
    assert opened.page.locator("html").get_attribute("lang") == "zh-CN"
    opened.page.locator("[data-choose='language:en']").click()
    assert "Pairs to read first" in heading.text_content()
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready]", state="attached")
    assert "Pairs to read first" in heading.text_content()
    opened.assert_quiet()


LATIN = """() => {
  const walker = document.createTreeWalker(document.getElementById("page"), NodeFilter.SHOW_TEXT);
  const found = [];
  const drawn = ".node, .ribbon, .node-name";
  const data = `bdi, [lang=en], .text-body, .code, h1, .brand, pre, option, footer, ${drawn}`;
  const isLatin = (text) => /[A-Za-z]{3,}/.test(text) && !/\\p{Script=Han}/u.test(text);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest(data)) continue;
    if (isLatin(node.textContent)) found.push(node.textContent);
  }
  for (const each of document.querySelectorAll("#page [aria-label]")) {
    if (isLatin(each.ariaLabel)) found.push(each.ariaLabel);
  }
  return found;
}"""


@pytest.mark.parametrize("judged", [True, False, None])
def test_the_chinese_page_is_chinese(open_page: Open, judged: bool | None) -> None:
    shown = report(labels=None if judged is None else labels(judged=judged))
    opened = open_page(page(shown), language="zh")
    opened.page.evaluate(ALL_OPEN)
    found = {text for text in opened.page.evaluate(LATIN) if not re.search("AUROC", text)}
    assert not found
    english = opened.page.eval_on_selector_all(
        "#page bdi[lang=en]", "all => all.map((each) => each.textContent)"
    )
    assert set(english) <= {"line ends within a string"}  # as the reader of the source said
    opened.assert_quiet()


def test_the_theme_follows_the_system_and_the_switch(open_page: Open, html: str) -> None:
    opened = open_page(html, theme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert opened.page.evaluate(ground) == "rgb(20, 23, 27)"
    opened.page.locator("[data-choose='theme:light']").click()
    assert opened.page.evaluate(ground) == "rgb(255, 255, 255)"
    ink = "getComputedStyle(document.querySelector('[data-chart=accuracies] .dot-name')).fill"
    assert opened.page.evaluate(ink) == "rgb(22, 25, 29)"
    opened.page.locator("[data-choose='theme:dark']").click()
    assert opened.page.evaluate(ink) == "rgb(233, 235, 238)"
    opened.assert_quiet()


def test_tables_are_sorted_by_keyboard(open_page: Open, full: AuditReport, html: str) -> None:
    opened = open_page(html)
    table = opened.page.locator("[data-table=slices]")
    sorter = table.locator("button[data-column=accuracy]")
    accuracies = "[data-table=slices] tbody tr td:nth-child(2) .cell > .number"
    assert full.labels is not None
    wanted = sorted((each.accuracy for each in full.labels.slices), reverse=True)
    for turn, way in enumerate(("descending", "ascending")):
        sorter.focus()
        opened.page.keyboard.press("Enter")
        found = opened.page.eval_on_selector_all(
            accuracies, "all => all.map((each) => Number(each.dataset.value))"
        )
        assert found == (wanted[::-1] if turn else wanted)
        assert table.locator("th[aria-sort]").nth(1).get_attribute("aria-sort") == way
        is_focused = "document.activeElement.dataset.column === 'accuracy'"
        assert opened.page.evaluate(is_focused)
    opened.assert_quiet()


def test_suspects_are_searched_filtered_sorted_and_paged(
    open_page: Open, full: AuditReport, html: str
) -> None:
    opened = open_page(html)
    suspects = full.labels.suspects if full.labels else ()
    cards = opened.page.locator("#suspects .card")
    shown = "all => all.map((each) => Number(each.dataset.suspect))"

    def places() -> list[int]:
        return opened.page.eval_on_selector_all("#suspects .card", shown)

    assert places() == list(range(10))
    opened.page.locator("#suspects [data-page='page.after']").click()
    assert places() == list(range(10, 20))
    opened.page.locator("#suspects input[type=search]").fill("SOURDOUGH")
    wanted = [at for at, each in enumerate(suspects) if "sourdough" in each.texts.prompt.text]
    assert wanted
    assert places() == wanted
    opened.page.locator("#suspects input[type=search]").fill("no such word")
    assert cards.count() == 0
    opened.page.locator("#suspects input[type=search]").fill("")
    opened.page.locator("#suspects select[data-filter=class]").select_option("model-uncertain")
    assert places() == [at for at, each in enumerate(suspects) if each.label == "model-uncertain"]
    opened.page.locator("#suspects select[data-filter=class]").select_option("")
    opened.page.locator("#suspects select[data-sort]").select_option("reward_margin:down")
    order = sorted(range(len(suspects)), key=lambda at: -suspects[at].reward_margin)
    assert places() == order[:10]
    opened.assert_quiet()


def test_differing_words_are_marked_and_texts_stay_whole(
    open_page: Open, full: AuditReport, html: str
) -> None:
    opened = open_page(html)
    opened.page.evaluate(ALL_OPEN)
    first = full.labels.suspects[1].texts if full.labels else None
    assert first is not None
    card = opened.page.locator("#suspects .card").nth(1)
    for side in ("chosen", "rejected"):
        body = card.locator(f".text.{side} .text-body")
        assert body.text_content() == getattr(first, side).text
    marks = card.locator(".text.rejected mark").all_text_contents()
    assert marks
    assert all(each in first.rejected.text for each in marks)
    assert not any("Modern laptops" in each for each in marks), "these words are in both"
    opened.page.locator("#suspects [data-marks]").uncheck()
    assert opened.page.locator("mark").count() == 0
    opened.assert_quiet()


def test_print_has_all_texts_and_no_controls(open_page: Open, full: AuditReport, html: str) -> None:
    opened = open_page(html, theme="dark")
    cards = opened.page.locator("#suspects .card")
    printed(opened)
    assert full.labels is not None
    expect(cards).to_have_count(len(full.labels.suspects), timeout=20_000)
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    for control in opened.page.locator(".control, select, input").all():
        assert not control.is_visible()
    hidden = """() => [...document.querySelectorAll(".text-body")].filter((each) =>
      !each.checkVisibility() || each.scrollHeight > each.clientHeight + 2).length"""
    assert opened.page.evaluate(hidden) == 0
    assert opened.page.locator(".chart").count()
    opened.page.emulate_media(media="screen", color_scheme="dark")
    expect(cards).to_have_count(10, timeout=20_000)
    opened.assert_quiet()


def test_printing_to_a_file_works(open_page: Open, html: str) -> None:
    opened = open_page(html)
    assert opened.page.pdf(format="A4")[:5] == b"%PDF-"
    assert opened.page.locator("#suspects .card").count() == 10
    opened.assert_quiet()


def test_the_page_can_be_read_without_eyes(open_page: Open, html: str) -> None:
    opened = open_page(html)
    for landmark in ("main", "nav", "header.page-head", "footer"):
        assert opened.page.locator(landmark).count() == 1
    levels = opened.page.eval_on_selector_all(
        "h1, h2, h3, h4, h5", "all => all.map((each) => Number(each.tagName[1]))"
    )
    assert levels.count(1) == 1
    nameless = """() => [...document.querySelectorAll("button, a, input, select")].filter((each) =>
      ![each.textContent, each.ariaLabel, each.labels?.[0]?.textContent].some((name) =>
        name?.trim())
    ).length"""
    assert opened.page.evaluate(nameless) == 0
    ids = opened.page.eval_on_selector_all("[id]", "all => all.map((each) => each.id)")
    assert len(ids) == len(set(ids))
    bare = """() => [...document.querySelectorAll("table")].filter((each) =>
      !["caption", "thead th[scope=col]", "tbody th[scope=row]"].every((part) =>
        each.querySelector(part))).length"""
    assert opened.page.evaluate(bare) == 0
    charts = opened.page.locator(".chart")
    assert charts.count() >= 6
    for chart in charts.all():
        assert chart.get_attribute("role") == "img"
        assert len(chart.get_attribute("aria-label")) > 20
        assert chart.locator("xpath=..").locator("details table").count() == 1


EMPTY = {
    "sources": (), "issues": (), "alike": (), "alike_rows": {}, "lengths": (), "languages": (),
    "agreement": None, "judging": (), "labels": None, "reviewed": None, "remarks": {},
    "changes": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "says", "turned"),
    [
        ("en", "changed: 61; came: 93; went: 41", "The other completion is chosen"),
        ("zh", "变化 61 行，新增 93 行，消失 41 行", "偏好方向反转"),
    ],
)
def test_what_changed_since_an_earlier_build(
    open_page: Open, html: str, language: str, says: str, turned: str
) -> None:
    opened = open_page(html, language=language)
    expect(opened.page.locator("#changes .lead")).to_contain_text(says)
    expect(opened.page.locator("#changes")).to_contain_text("autumn-1")
    rows = opened.page.locator("[data-table=changes] tbody tr")
    assert rows.count() == 7
    expect(rows.nth(5)).to_contain_text(turned)
    expect(rows.nth(3)).to_contain_text({"en": "dropped", "zh": "剔除"}[language])
    settings = opened.page.locator("[data-table=changed-settings]")
    expect(settings).to_contain_text('{"refusal":"error"}')
    assert opened.page.locator("#summary .findings a[href='#changes']").count() == 1
    opened.page.locator("#changes [data-filter=kind]").first.select_option("came")
    assert rows.count() == 2
    opened.assert_quiet()


def test_two_builds_that_are_the_same_have_no_table_of_changes(
    open_page: Open, full: AuditReport
) -> None:
    assert full.changes is not None
    nothing = {"changed": 0, "came": 0, "went": 0}
    empty = {"changes": (), "sources": (), "examples": (), "settings": ()}
    opened = open_page(page(report(changes=full.changes.model_copy(update=nothing | empty))))
    expect(opened.page.locator("#changes .lead")).to_contain_text("No row has changed")
    assert opened.page.locator("#changes table").count() == 0
    opened.assert_quiet()


@pytest.mark.parametrize(
    ("language", "rows", "rest"),
    [
        (
            "en",
            "20,000 rows of judgements were read: 19,000 of them speak in 16,500 pairs",
            "in all",
        ),
        ("zh", "共读入评判 20,000 行：其中 19,000 行合成 16,500 个偏好对", "未成对的行计数"),
    ],
)
def test_rows_that_are_judgements_are_counted_apart_from_the_pairs_made(
    open_page: Open, full: AuditReport, language: str, rows: str, rest: str
) -> None:
    judged = RowCounts(
        read=20_000, in_pairs=19_000, quarantined=12, unpaired={"tie": 988}, pairs=16_500
    )
    shown = report(counts=full.counts.model_copy(update={"rows": judged}))
    opened = open_page(page(shown), language=language)
    printed(opened)
    leads = opened.page.locator("#flow .lead")
    expect(leads.first).to_contain_text(rows)
    expect(leads.last).to_contain_text(rest)
    assert opened.page.locator("#summary .figure-number").first.text_content() == "20,000"
    counted = {path for path, *_ in opened.page.evaluate(NUMBERS)}
    asked = set(numbers_of(values(shown)["counts"]["rows"], "/counts/rows"))
    assert asked <= counted
    opened.assert_quiet()


@pytest.mark.parametrize(
    ("shown", "box"),
    [
        (report(), "yes"),
        (report(labels=labels(judged=False)), "no"),
        (report(labels=None), "quiet"),
        (report(**EMPTY), "quiet"),
        (report(labels=labels(suspects=0)), "yes"),
    ],
    ids=["judged", "not judged", "no models", "empty", "no suspects"],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_can_be_said_of_labels_is_said_clearly(
    open_page: Open, shown: AuditReport, box: str, language: str
) -> None:
    opened = open_page(page(shown), language=language)
    opened.page.evaluate(SEEN)
    assert opened.page.locator(f"#summary [data-box={box}]").count() == 1
    if box != "yes":
        assert opened.page.locator("[data-suspect]").count() == 0
    opened.assert_quiet()


def test_two_hundred_suspects_of_four_thousand_characters_stay_fast(
    open_page: Open, record_property: Callable[[str, object], None]
) -> None:
    html = page(report(labels=labels(suspects=200, characters=4000)))
    opened = open_page(html)
    timing = opened.page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert len(html.encode()) < 5_000_000
    assert timing["domContentLoadedEventEnd"] < 20_000, "milliseconds, on a busy machine"
    record_property("bytes", len(html.encode()))
    record_property("milliseconds", timing["domContentLoadedEventEnd"])
    nodes = opened.page.evaluate("document.querySelectorAll('*').length")
    assert nodes < 20_000
    turned = opened.page.evaluate(
        "() => { const from = performance.now();"
        "document.querySelector(\"#suspects [data-page='page.after']\").click();"
        "return performance.now() - from; }"
    )
    assert turned < 3_000
    record_property("next page, milliseconds", turned)
    opened.assert_quiet()


def test_copies_differ_in_no_word(open_page: Open, html: str) -> None:
    opened = open_page(html)
    marked = opened.page.evaluate(
        "() => [...document.querySelectorAll('#alike .card')].map((card) => "
        "[...card.querySelectorAll('mark')].map((each) => each.textContent))"
    )
    assert marked[0] == [], "copies differ in no word"


@pytest.mark.parametrize(("language", "overall"), [("en", "overall"), ("zh", "总体")])
def test_the_opinion_as_a_whole_is_called_so_in_the_language_of_the_reader(
    open_page: Open, language: str, overall: str
) -> None:
    opened = open_page(page(report(judging=(judging(),))), language=language)
    printed(opened)
    assert overall in opened.page.locator("#judging p b").all_text_contents()
