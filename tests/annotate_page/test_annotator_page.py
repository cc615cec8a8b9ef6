"""The page of whoever judges, in a real browser: every kind by keys alone and by touch."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.annotate_page.desk import Desk, Person, items_of, practice_item

pytestmark = pytest.mark.slow

Make = Callable[..., Desk]
AXE = Axe()

LOOKS = [
    {"language": "en", "size": "desktop", "theme": "light"},
    {"language": "zh", "size": "phone", "theme": "dark"},
    {"language": "en", "size": "phone", "theme": "light"},
    {"language": "zh", "size": "desktop", "theme": "dark"},
]
LOOK_NAMES = ["-".join(look.values()) for look in LOOKS]

KINDS: dict[str, dict[str, Any]] = {
    "pairwise": {"kind": "pairwise"},
    "beside": {"kind": "pairwise", "beside": ["accuracy", "safety"]},
    "ranking": {"kind": "ranking"},
    "rating": {"kind": "rating"},
}
ANSWERS = {
    "pairwise": ("2", {"choice": 2}),
    "beside": ("65432", {"choice": 6, "ratings": {"accuracy": (5, 4), "safety": (3, 2)}}),
    "ranking": ("2133", {"places": (2, 1, 3, 3)}),
    "rating": ("543215", {"ratings": {"accuracy": (5, 4), "fluency": (3, 2), "safety": (1, 5)}}),
}


def assert_accessible(person: Person) -> None:
    """axe-core finds nothing, and nothing is wider than the window."""
    found = AXE.run(person.page).response["violations"]
    told = [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]
    assert told == []
    width = person.page.viewport_size["width"]
    assert person.page.evaluate("document.documentElement.scrollWidth") <= width


def answers_of(desk: Desk, person: Person) -> list[dict[str, Any]]:
    """What the store has of a person, the latest first, without what was not said."""
    names = ("choice", "places", "ratings")
    return [
        {name: value for name in names if (value := getattr(vote.answer, name)) is not None}
        for vote in desk.campaign.mine(person.id)
    ]


@pytest.mark.parametrize("look", LOOKS, ids=LOOK_NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_answered_by_keys_alone(desk: Make, kind: str, look: dict[str, str]) -> None:
    keys, wanted = ANSWERS[kind]
    at = desk(**KINDS[kind])
    person = at.person(**look)
    for turn in range(3):
        seen = person.prompt()
        person.press(*keys)
        if not turn:
            person.saved()
            assert_accessible(person)
        person.press("Enter")
        person.wait_for_prompt(seen)
    person.says(".progress-words", "3")
    assert answers_of(at, person) == [wanted] * 3
    person.opened.assert_quiet()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_answered_by_touch(desk: Make, kind: str) -> None:
    at = desk(**KINDS[kind])
    person = at.person(size="phone", touch=True)
    page = person.page
    seen = person.prompt()
    if kind in ("pairwise", "beside"):
        page.locator(".point").nth(1).tap()
    if kind == "ranking":
        for place in (2, 1, 3, 3):
            page.locator(f"[data-slot='{place}'] .slot-name").tap()
    for cell in page.locator(".rating-cell").all():
        cell.locator(".option").nth(3).tap()
    person.saved()
    page.locator(".bar-actions .primary").tap()
    person.wait_for_prompt(seen)
    rated = dict.fromkeys(("accuracy", "fluency", "safety"), (4, 4))
    assert (
        answers_of(at, person)[0]
        == {
            "pairwise": {"choice": 2},
            "beside": {"choice": 2, "ratings": {k: rated[k] for k in ("accuracy", "safety")}},
            "ranking": {"places": (2, 1, 3, 3)},
            "rating": {"ratings": rated},
        }[kind]
    )
    assert_accessible(person)
    person.opened.assert_quiet()


@pytest.mark.parametrize("sides", [3, 8])
def test_a_ranking_is_made_by_dragging_and_by_arrows(desk: Make, sides: int) -> None:
    at = desk(kind="ranking", sides=sides)
    person = at.person(size="phone")
    page = person.page
    assert_accessible(person)
    for chip in range(sides):
        start = page.locator(f"[data-chip='{chip}']").bounding_box()
        end = page.locator(f"[data-slot='{sides - chip}']").bounding_box()
        page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        page.mouse.down()
        page.mouse.move(end["x"] + 10, end["y"] + 20, steps=4)
        page.mouse.up()
    person.saved()
    assert answers_of(at, person) == [{"places": tuple(range(sides, 0, -1))}]
    person.press("ArrowUp", "ArrowRight")  # the one before, one place worse: a tie
    page.wait_for_selector(".saved.is-sending")
    person.saved()
    assert answers_of(at, person)[0]["places"][-3:] == (2, 2, 1)
    assert_accessible(person)
    person.opened.assert_quiet()


def test_ties_and_undo_by_keys(desk: Make) -> None:
    at = desk(kind="ranking")
    person = at.person()
    person.press("1", "=", "z", "2", "=", "=")
    person.saved()
    assert answers_of(at, person) == [{"places": (1, 2, 2, 2)}]


@pytest.mark.parametrize("key", ["t", "b", "u"])
def test_the_other_answers_of_a_pair_have_keys(desk: Make, key: str) -> None:
    at = desk()
    person = at.person()
    person.press(key)
    person.saved()
    assert answers_of(at, person) == [{"choice": {"t": 4, "b": "both-bad", "u": "unsure"}[key]}]


def test_nothing_is_skipped_by_accident(desk: Make) -> None:
    at = desk()
    person = at.person()
    seen = person.prompt()
    person.press("Enter", " ", "ArrowRight")
    assert person.prompt() == seen
    assert "1 to 7" in person.page.locator(".said").text_content()
    person.page.keyboard.down("2")
    person.page.keyboard.down("2")  # a key that is held down repeats
    person.page.keyboard.up("2")
    for _ in range(3):
        person.page.keyboard.down("Enter")
    person.page.keyboard.up("Enter")
    person.wait_for_prompt(seen)
    assert len({vote.item for vote in at.campaign.mine(person.id)}) == 1


def test_back_and_change_keep_the_history(desk: Make) -> None:
    at = desk()
    person = at.person()
    first = person.prompt()
    person.press("2")
    person.saved()
    person.press("Enter")
    person.wait_for_prompt(first)
    second = person.prompt()
    person.press("z")
    person.wait_for_prompt(second)
    assert person.prompt() == first
    assert person.page.locator(".point input:checked").get_attribute("value") == "2"
    person.press("6", "Enter")
    person.wait_for_prompt(first)
    assert person.prompt() == second
    person.press("4")
    person.saved()
    votes = at.campaign.mine(person.id)
    assert votes[0].answer.choice == 4
    rows = [json.loads(line) for line in b"".join(at.campaign.export()).splitlines()]
    assert len(rows) == 2
    assert [len(row.get("earlier") or ()) for row in rows] == [1, 0]


def test_another_device_goes_on_where_one_stopped(desk: Make) -> None:
    at = desk()
    person = at.person()
    first = person.prompt()
    person.press("2")
    person.saved()
    person.page.reload()
    person.page.wait_for_selector("html[data-ready]", state="attached")
    second = person.prompt()
    assert second != first
    person.press("Backspace")
    person.wait_for_prompt(second)
    assert person.prompt() == first
    assert person.page.locator(".point input:checked").get_attribute("value") == "2"
    person.press("m")
    person.page.locator("[data-act=earlier]").click()
    person.page.wait_for_selector(".earlier-list button")
    assert_accessible(person)
    person.page.locator(".earlier-list button").first.click()
    assert person.prompt() == first
    person.opened.assert_quiet()


def test_comment_flag_and_confidence_go_with_the_answer(desk: Make) -> None:
    at = desk()
    person = at.person()
    person.press("3", ".", ".", "c")
    person.page.keyboard.type("2 is wrong, see 7")  # digits that are typed answer nothing
    assert_accessible(person)
    person.press("Control+Enter", "f")
    assert_accessible(person)
    person.press("ArrowDown", "Enter")
    person.saved()
    vote = at.campaign.mine(person.id)[0]
    assert (vote.answer.choice, vote.comment, vote.flag, vote.confidence) == (
        3, "2 is wrong, see 7", "unsafe", 0.9,
    )  # fmt: skip
    person.opened.assert_quiet()


@pytest.mark.parametrize("look", LOOKS[:2], ids=LOOK_NAMES[:2])
def test_windows_are_a_key_away_and_close_by_it(desk: Make, look: dict[str, str]) -> None:
    at = desk(beside=["accuracy"])
    person = at.person(**look)
    for key in ("g", "e", "?", "m"):
        person.press(key)
        person.page.wait_for_selector("dialog[open]")
        assert_accessible(person)
        person.press("2")  # under a window nothing is answered
        person.press(key)
        assert person.page.locator("dialog").count() == 0
    assert at.campaign.mine(person.id) == ()
    person.press("q")
    person.page.keyboard.type("May I use a dictionary?")
    person.press("Control+Enter")
    person.page.wait_for_selector("dialog", state="detached")
    assert [each.text for each in at.campaign.questions()] == ["May I use a dictionary?"]
    person.opened.assert_quiet()


def test_keys_of_one_character_can_be_turned_off(desk: Make) -> None:
    at = desk()
    person = at.person()
    person.press("?")
    person.page.locator("[data-act=shortcuts]").uncheck()
    person.press("Escape", "2", "Enter")
    person.page.wait_for_timeout(100)
    assert at.campaign.mine(person.id) == ()
    person.page.locator(".point input").first.focus()
    person.press(" ")
    person.saved()
    assert answers_of(at, person) == [{"choice": 1}]


def test_raw_text_and_differing_words(desk: Make) -> None:
    at = desk(items=items_of(1, 2))
    person = at.person()
    texts = person.page.locator(".completion-texts")
    whole = sorted(texts.all_text_contents())
    assert person.page.locator("strong").count() == 2
    person.press("d")
    marks = person.page.locator(".completion-texts mark").all_text_contents()
    assert {"sugar", "starch"} <= {mark.strip() for mark in marks}
    assert sorted(texts.all_text_contents()) == whole
    assert_accessible(person)
    person.press("d", "r")
    assert "**sugar**" in "".join(texts.all_text_contents())
    assert_accessible(person)
    person.opened.assert_quiet()


def test_texts_that_are_not_alike_are_not_marked(desk: Make) -> None:
    unlike = iter(list(items_of(2, 2))[1:])
    person = desk(items=unlike).person()
    person.press("d")
    assert person.page.locator("mark").count() == 0
    assert "too little in common" in person.page.locator(".marks-words").text_content()


def test_writing_runs_its_way(desk: Make) -> None:
    at = desk(count=4)
    person = at.person()
    seen = {}
    for _ in range(4):
        text = person.page.locator(".prompt-card .turn-text > *").first
        style = "each => [getComputedStyle(each).direction, each.closest('[lang]').lang]"
        seen[person.prompt()] = text.evaluate(style)
        last = person.prompt()
        person.press("1", "Enter")
        if len(seen) < 4:
            person.wait_for_prompt(last)
    assert seen["ما هي عاصمة مصر؟ (2)"] == ["rtl", "ar"]
    assert seen["为什么天空是蓝色的？ (1)"] == ["ltr", "zh"]
    assert seen["How does bread rise? (0)"] == ["ltr", "en"]


def test_practice_explains_after_the_answer(desk: Make) -> None:
    items = [practice_item(), *items_of(2, 2)]
    at = desk(items=iter(items))
    person = at.person()
    assert "two and two" in person.prompt()
    assert "four" not in person.page.locator("body").text_content()
    first = person.page.locator(".completion-texts").first.text_content()
    person.press("1" if first == "4" else "7")
    person.page.wait_for_selector(".explanation")
    assert "As expected" in person.page.locator(".explanation").text_content()
    assert "four" in person.page.locator(".explanation").text_content()
    assert_accessible(person)
    person.press("Enter")
    person.says(".prompt-card", "bread")


def test_the_end_is_calm(desk: Make) -> None:
    at = desk(count=1)
    person = at.person()
    person.press("1", "Enter")
    person.page.wait_for_selector(".calm")
    person.says(".calm h2", "All done")
    assert_accessible(person)
    person.press("z")
    person.page.wait_for_selector(".prompt-card")
    assert person.page.locator(".point input:checked").get_attribute("value") == "1"


@pytest.mark.parametrize("size", ["phone", "zoomed", "desktop"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_bar_covers_nothing(desk: Make, kind: str, size: str) -> None:
    at = desk(items=iter(list(items_of(4, 4 if kind == "ranking" else 2))[3:]), **KINDS[kind])
    person = at.person(size=size)
    overlap = """() => {
      const main = document.querySelector("main").getBoundingClientRect();
      const bar = document.querySelector(".answer-bar").getBoundingClientRect();
      return [main.bottom <= bar.top + 1, main.height, bar.height];
    }"""
    apart, texts, bar = person.page.evaluate(overlap)
    assert apart
    assert texts >= 100, (texts, bar)
    for card in person.page.locator(".completion-card").all():
        last = card.locator(".turn-text > *").last
        last.evaluate("each => each.scrollIntoView({ block: 'end', behavior: 'instant' })")
        assert last.evaluate(
            """each => {
              const box = each.getBoundingClientRect();
              const found = document.elementFromPoint(box.left + 20, box.bottom - 6);
              return each.contains(found);
            }"""
        )
    small = """all => all.map((each) => each.getBoundingClientRect()).filter((box) =>
      box.width && (box.width < 24 || box.height < 24)).length"""
    assert person.page.eval_on_selector_all("button, .option, a.skip", small) == 0


def test_both_columns_keep_their_place(desk: Make) -> None:
    at = desk(count=4)
    person = at.person()
    while "tides" not in person.prompt():
        last = person.prompt()
        person.press("1", "Enter")
        person.wait_for_prompt(last)
    tops = "all => all.map((each) => Math.round(each.scrollTop))"
    person.press("PageDown")
    kept = person.page.eval_on_selector_all(".completion-card", tops)
    assert min(kept) > 100
    seen = person.prompt()
    person.press("z")
    person.wait_for_prompt(seen)
    other = person.prompt()
    person.press("Enter")
    person.wait_for_prompt(other)
    assert person.page.eval_on_selector_all(".completion-card", tops) == kept


def test_the_next_item_is_there_within_a_tenth_of_a_second(desk: Make) -> None:
    at = desk(count=30)
    person = at.person()
    spent = []
    for _ in range(20):
        person.press("2")
        person.page.wait_for_timeout(150)
        spent.append(
            person.page.evaluate("""async () => {
          const prompt = () => document.querySelector(".prompt-card .turn-text")?.textContent;
          const before = prompt();
          const from = performance.now();
          document.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
          while (prompt() === before) await new Promise((done) => setTimeout(done, 1));
          await new Promise((done) => requestAnimationFrame(done));
          return performance.now() - from;
        }""")
        )
    assert sorted(spent)[10] < 100, spent


def test_time_is_that_of_working(desk: Make) -> None:
    at = desk()
    person = at.person()
    measured = person.page.evaluate("""async () => {
      const { src } = document.querySelector("script[type=module]");
      const { Stopwatch } = await import(src.replace("annotator.js", "stopwatch.js"));
      let now = 0;
      const watch = new Stopwatch(() => now);
      now = 10_000; watch.sign();
      now = 40_000; watch.sign();
      now = 400_000; watch.sign();              // six minutes away: one counts
      watch.see(false); now = 900_000; watch.see(true);   // another tab
      now = 905_000;
      return watch.read();
    }""")
    assert measured == {"active_ms": 105_000, "total_ms": 905_000}
