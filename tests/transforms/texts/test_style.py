from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.texts.length import words
from prefdata.transforms.texts.style import foreign_share, scripts_of, style_of


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("# One\n\n## Two\n#hashtag", "headings", 2),
        ("- a\n  * b\n+ c\n-d", "bullets", 3),
        ("1. a\n2) b\n三、c\n3、 d", "numbered", 3),
        ("**a** and __b__ and * c *", "bold", 2),
        ("`a` and\n```py\nx = 1\n```", "code", 2),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", "tables", 3),
        ("see https://a.example and http://b.example", "links", 2),
        ("Why? 为什么？", "questions", 2),
        ("Ha! 好！", "exclamations", 2),
        ("in 1984", "digits", 4),
        ("a 🎉 ✅", "emoji", 2),
        ("a\n\nb\n\n\nc", "lines", 5),
        ("a\n\nb\n \nc", "paragraphs", 2),
        ("汉字 two words", "words", 4),
        ("汉字", "characters", 2),
        ("It ends.", "unfinished", 0),
        ("It ends。 \n", "unfinished", 0),
        ("It ends with code `x`", "unfinished", 0),
        ("It goes on and", "unfinished", 1),
        ("", "unfinished", 0),
    ],
)
def test_counts(text: str, name: str, count: int) -> None:
    assert style_of(pl.Series([text]))[name].to_list() == [count]


def test_a_missing_text_is_an_empty_one() -> None:
    found = style_of(pl.Series([None, ""], dtype=pl.String))
    assert found.row(0) == found.row(1) and not any(found.row(0))


@given(st.text("aB9 '\n.,!-é汉あ", max_size=40))
def test_words_are_counted_about_as_elsewhere(text: str) -> None:
    # `words` joins by middle dots and strips marks besides; on these letters both say the same
    assert style_of(pl.Series([text]))["words"].item() == words(text)


@pytest.mark.parametrize(
    ("prompt", "text", "share"),
    [
        ("What is it?", "It is a cat.", 0.0),
        ("What is it?", "这是一只猫。", 1.0),
        ("What is it?", "a猫b猫", 0.5),
        ("What is it?", "42", 0.0),
        ("", "这是一只猫。", 0.0),
    ],
)
def test_letters_in_other_scripts_than_the_prompt(prompt: str, text: str, share: float) -> None:
    found = foreign_share(scripts_of(pl.Series([prompt])), scripts_of(pl.Series([text])))
    np.testing.assert_allclose(found, [share])
