from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prefdata.cli.languages.wrapping import cells, wrapped

TEXTS = st.text(alphabet="行数据，。；（）《》 ab-/.:[]", min_size=1, max_size=80).map(
    lambda text: " ".join(text.split()) or "空"
)
LATIN = re.compile(r"[a-z][a-z-]*")


def squeezed(text: str) -> str:
    return text.replace(" ", "")


@given(TEXTS)
def test_a_wide_character_takes_two_cells(text: str) -> None:
    assert cells(text) == cell_len(text)


@given(TEXTS, st.integers(min_value=2, max_value=40))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert squeezed("".join(lines)) == squeezed(text)
    assert all(line == line.rstrip() for line in lines)


@given(TEXTS)
def test_a_word_of_latin_letters_is_not_broken(text: str) -> None:
    width = max(map(cell_len, text.split()))
    assert LATIN.findall(" ".join(wrapped(text, width))) == LATIN.findall(text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("每行都有去向，无一遗漏。", 14, ["每行都有去向，", "无一遗漏。"]),
        ("每行都有去向，无一遗漏。", 12, ["每行都有去", "向，无一遗", "漏。"]),
        ("用 --near 设阈值（默认）", 17, ["用 --near 设阈值", "（默认）"]),
        ("用 --near 设阈值（默认）", 18, ["用 --near 设阈值", "（默认）"]),
        ("见 best-worst", 10, ["见", "best-worst"]),
        ("averylongword", 5, ["avery", "longw", "ord"]),
        ("{record|config|rubric}", 16, ["{record|config|", "rubric}"]),
        ("短", 80, ["短"]),
    ],
)
def test_where_lines_break(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines
