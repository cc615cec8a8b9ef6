"""Shingles: the fast path gives what the slow reference gives, on any text."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record
from prefdata.records.texts import SideTexts
from prefdata.transforms.duplicates.shingles import message_shingles, shingles_of
from prefdata.transforms.duplicates.tokens import fold, tokens_of
from tests.ways import WAYS

ALPHABET = st.one_of(
    st.sampled_from("aB Zé ß_9.-+,'…，。 你好世界กำ가한ᄀ\u1161\u0301\u200b\u0338=<½ﬁ🙂é\n\t中"),
    st.characters(codec="utf-8"),
)
TEXT = st.text(ALPHABET, max_size=40)


def side(messages: list[list[str]]) -> SideTexts:
    columns = RecordColumns()
    answer = (Message("assistant", "a"),)
    for row, texts in enumerate(messages):
        prompt = tuple(Message("user", text) for text in texts)
        columns.append(row, row + 1, Record(prompt, answer, answer, None, "{}"))
    return SideTexts.of(columns.batch().column("prompt"))


@given(st.lists(st.lists(TEXT, max_size=3), max_size=6), st.integers(1, 4), st.integers(1, 6))
@example([["x" * 70 + " y", "ab"], ["!!! ...", " "], [], ["word"]], 3, 5)
@example([["中文abc中文", "ＡＢＣ １２３"], ["a", "b"]], 2, 3)
@example([["<", "\u0338"], ["가", "\u11a8"]], 1, 1)
def test_the_fast_path_is_the_slow_one(rows: list[list[str]], words: int, characters: int) -> None:
    expected = [shingles_of(text, words, characters) for texts in rows for text in texts]
    for way in WAYS:
        with way():
            got = message_shingles(side(rows), words, characters)
        found = [got.hashes[a:b].tolist() for a, b in itertools.pairwise(got.firsts)]
        assert found == expected
        assert (got.hashes.dtype, got.firsts.dtype) == (np.uint64, np.int64)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello,  WORLD", "hello world"),
        ("ＡＢＣ", "abc"),
        ("ﬁne", "fine"),
        ("e\u0301t\u00e9", "été"),
        ("zero\u200bwidth", "zerowidth"),
        ("你好，世界！", "你好世界"),
        ("Straße", "STRASSE"),
        ("ｶﾞ", "ガ"),
        ("one - two", "one, two"),
        ("re-read", "re read"),
    ],
)
def test_differences_that_readers_do_not_see(one: str, other: str) -> None:
    assert shingles_of(one, 3, 5) == shingles_of(other, 3, 5)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x + 3", "x - 3"),
        ("-5", "5"),
        ("x-3", "x 3"),
        ("👍", "👎"),
        ("...", "!!!"),
        ("a b", "b a"),
        ("a_b", "a b"),
        ("3", "4"),
    ],
)
def test_differences_that_count(one: str, other: str) -> None:
    assert shingles_of(one, 3, 5) != shingles_of(other, 3, 5)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It's 3+4, 对吗?", ["it", "s", "3", "+", "4", "对", "吗"]),
        ("กำ a", ["ก", "ํ", "า", "a"]),
        ("  ", []),
        ("?!", ["?!"]),
        ("한국어 test", ["한", "국", "어", "test"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens


def test_every_format_character_is_taken_out() -> None:
    formats = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) == "Cf"]
    assert len(formats) > 100
    assert fold("é".join(formats)) == "é" * (len(formats) - 1)


def test_a_text_without_spaces_of_a_million_letters() -> None:
    long = "a" * 1_000_000
    assert message_shingles(side([[long, "b"]]), 3, 5).hashes.tolist() == [
        *shingles_of(long, 3, 5),
        *shingles_of("b", 3, 5),
    ]
