"""Unicode normal forms take linear time, and are Unicode's own for every ordinary text."""

from __future__ import annotations

import random
import re
import unicodedata
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prefdata
from prefdata.records.unicode_form import JOINER, LONGEST_RUN, normal_form
from prefdata.rules.preference import fold_text
from prefdata.transforms.duplicates.tokens import fold, tokens_of

FORMS: tuple[Literal["NFC", "NFKC"], ...] = ("NFC", "NFKC")
MARKS = "\u0301\u0323\u0315\u0334\u0345\uff9e\u0f73"
MANY = 400_000
"""So many marks in a row would take Unicode's own algorithm an hour."""


def longest_run(text: str) -> int:
    """The most marks in a row when a text is decomposed."""
    plain = unicodedata.normalize("NFKD", text)
    marks = "".join("x" if unicodedata.combining(c) else " " for c in plain)
    return max(map(len, marks.split()), default=0)


@given(st.text(max_size=200))
@pytest.mark.parametrize("form", FORMS)
def test_ordinary_texts_have_the_form_of_the_library(
    form: Literal["NFC", "NFKC"], text: str
) -> None:
    if longest_run(text) <= LONGEST_RUN:
        assert normal_form(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", [0, 1, 29, 30, 31, 100])
@pytest.mark.parametrize("length", [1, 29, 30, 31, 60, 61, 200])
def test_runs_are_bounded_wherever_they_begin(
    form: Literal["NFC", "NFKC"], before: int, length: int
) -> None:
    marks = ("\u0323\u0301" * length)[:length]
    text = "x" * before + marks + " and the rest"
    given = normal_form(form, text)
    assert longest_run(given) <= LONGEST_RUN
    assert given.count(JOINER) == (length - 1) // LONGEST_RUN
    if length <= LONGEST_RUN:
        assert given == unicodedata.normalize(form, text)
    assert sorted(given.replace(JOINER, "")) == sorted(unicodedata.normalize(form, text))
    assert normal_form(form, given) == given


def test_every_mark_that_is_sorted_is_known() -> None:
    for point in range(0x110000):
        character = chr(point)
        run = "x" + character * 200
        expected = unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) > 0
        if expected:
            assert longest_run(normal_form("NFKC", run)) <= 2 * LONGEST_RUN, hex(point)
        elif character > "\x7f" and unicodedata.category(character)[0] not in "MC":
            assert JOINER not in normal_form("NFC", run), hex(point)


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0315\u0301\u0323\u0334", MARKS])
def test_a_run_without_end_takes_linear_time(marks: str) -> None:
    text = "a" + marks * (MANY // len(marks))
    for form in FORMS:
        assert len(normal_form(form, text)) >= MANY // 2
    assert fold(text) and tokens_of(text) and fold_text(text)


def test_marks_in_any_order_keep_their_number() -> None:
    chance = random.Random(2)
    text = "e" + "".join(chance.choices("\u0301\u0323\u0334\u0315", k=5000))
    assert len(normal_form("NFKC", text)) >= 5000


def test_nothing_else_in_the_package_normalises() -> None:
    root = Path(prefdata.__file__).parent
    calls = [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*.py"))
        if re.search(r"unicodedata\.normalize\(|from unicodedata import", path.read_text("utf-8"))
    ]
    assert calls == ["records/unicode_form.py"]
