"""An English text is matched back to its template and its values."""

from __future__ import annotations

import time
from string import Formatter
from typing import Any

import pytest

from prefdata.results.sentences import Sentence, chinese, joined, templates
from prefdata.steps.report import recognised as module
from prefdata.steps.report.recognised import recognised

WITHIN = module.WITHIN
UNTOLD = {
    *("clauses", "paragraph", "text.quoted", "evaluation.quoted", "not-read.file", "backbone.eos"),
    *("groups.source", "reward.counted", "reward.lost"),
    *(code for code, (english, _) in templates().items() if "!r}" in english),
    *(code for code, (english, _) in templates().items() if " " not in english),
}
"""Templates without words of their own, of a single word, or with values as Python writes them."""


def values_of(code: str) -> dict[str, Any]:
    """A value of the right kind for every name in a template."""
    parsed = Formatter().parse(templates()[code][0])
    return {
        name: value_of(code, name, form or "", place)
        for place, (_, name, form, _) in enumerate(parsed)
        if name is not None
    }


def value_of(code: str, name: str, form: str, place: int) -> Any:
    if form.endswith(("f", "g", "%")):
        return 0.25 + place / 100
    if form == "," or form.endswith("X"):
        return 1234 + place
    inner = sentence_within(code, name)
    if form:
        return (inner or f"raw/{place}.csv", inner or "b.jsonl")
    return inner or f"name{place}"


def sentence_within(code: str, name: str) -> Sentence | None:
    starts = WITHIN.get((code, name))
    if starts is None:
        return None
    inner = next(other for other in templates() if other.startswith(starts))
    return Sentence(inner, **values_of(inner))


INSIDE = tuple(start for starts in WITHIN.values() for start in starts)
ALONE = [code for code in templates() if code not in UNTOLD and not code.startswith(INSIDE)]


@pytest.mark.parametrize("code", ALONE)
def test_a_template_is_inverted(code: str) -> None:
    sentence = Sentence(code, **values_of(code))
    again = recognised(str(sentence))
    assert again == sentence
    assert chinese(again) == chinese(sentence)


@pytest.mark.parametrize(
    ("code", "name", "inner"),
    [
        (code, name, inner)
        for (code, name), starts in WITHIN.items()
        for inner in templates()
        if inner.startswith(starts) and code in ALONE
    ],
)
def test_a_sentence_in_a_sentence_is_inverted(code: str, name: str, inner: str) -> None:
    within = Sentence(inner, **values_of(inner))
    values = values_of(code)
    values[name] = (within, within) if isinstance(values[name], tuple) else within
    sentence = Sentence(code, **values)
    assert chinese(recognised(str(sentence))) == chinese(sentence)


DIFFERS = Sentence(
    "near.differs",
    kind=Sentence("near.kind.numbers"),
    part=Sentence("near.part.chosen"),
    left=Sentence("near.quoted", text="8; 9"),
    right=Sentence("near.nothing"),
)
ALIKE = Sentence("near.pair", similarity=1, other=19, prompt=1, first=1, second=1)


OPPOSED = Sentence("near.opposite", other=88, similarity=0.91, prompt=1, first=0.94, second=0.91)
"""Its beginning is a sentence as well."""


@pytest.mark.parametrize("first", [ALIKE, OPPOSED])
def test_clauses_are_told_one_by_one(first: Sentence) -> None:
    whole = joined(first, DIFFERS, "as it was")
    assert chinese(recognised(str(whole))) == chinese(whole)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chosen",
        "none",
        "keep",
        "row 3",
        "first: second",
        "as it was; row 1 says otherwise",
        "similarity one to row 3 (prompt 1.000, chosen 1.000, rejected 1.000)",
        "similarity 1.0 to row 3 (prompt 1.000, chosen 1.000, rejected 1.000)",
    ],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert recognised(text) is text


def test_names_that_look_like_sentences_stay_names() -> None:
    told = Sentence("text.refuses", side="chosen", quote="none")
    assert chinese(recognised(str(told))) == "chosen 拒答：none"


def test_a_long_text_of_many_clauses_takes_no_time() -> None:
    text = "one of ; row of is the first " * (module.LONGEST // 30)
    started = time.perf_counter()
    assert recognised(text) is text
    assert time.perf_counter() - started < 5
