from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from prefdata.cli.show.lines import broken, clean, cut, unbroken

TEXTS = st.text(alphabet='ab ,"[-]{+}。，的了ก\n', max_size=80) | st.text(max_size=40)


@given(TEXTS)
def test_pieces_are_the_line(text: str) -> None:
    for line in text.split("\n"):
        assert "".join(unbroken().findall(line)) == line


@given(TEXTS, st.integers(4, 30))
def test_lines_fit_and_lose_nothing_but_blanks(text: str, cells: int) -> None:
    text = clean(text)  # as all that is shown
    lines = [line.plain for line in broken(Text(text), cells)]
    assert max(map(cell_len, lines)) <= cells
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "cells", "lines"),
    [
        ("烧了[-１０-]分钟", 9, ["烧了[-１", "０-]分钟"]),
        ("洗干净[-, -]擦", 11, ["洗干净", "[-, -]擦"]),
        ("soon{+ ...+} it", 11, ["soon", "{+ ...+} it"]),
        ("很热[-。-]", 6, ["很热", "[-。-]"]),
        ('{"first":1,"second":2}', 14, ['{"first":1,', '"second":2}']),
    ],
)
def test_marks_stay_with_what_they_mark(text: str, cells: int, lines: list[str]) -> None:
    assert [line.plain for line in broken(Text(text), cells)] == lines


def test_what_is_cut_is_counted() -> None:
    said = "word " * 1_000
    short = cut(said, 200, 60, full=False)
    head, left_out, tail = re.fullmatch(r"(.*)… \((.*) characters\) …(.*)", short).groups()  # type: ignore[union-attr]
    assert len(head + tail) + int(left_out.replace(",", "")) == len(said)
    assert said.startswith(head)
    assert head.endswith("word ")
    assert cut(said, 200, 60, full=True) == said
