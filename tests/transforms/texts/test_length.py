from __future__ import annotations

import random
from functools import reduce

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record, user
from prefdata.records.texts import SideTexts
from prefdata.transforms.texts.length import Lengths, character_lengths, words

contents = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=8))
prompts = st.lists(st.lists(contents, max_size=3), max_size=6)


@given(prompts, st.integers(0, 2))
def test_character_lengths(found: list[list[str | None]], start: int) -> None:
    columns = RecordColumns()
    for index, texts in enumerate(found):
        prompt = tuple(Message("user", text) for text in texts)
        columns.append(index, index + 1, Record(prompt, (user("a"),), (user("字字"),)))
    batch = columns.batch().slice(start)
    expected = [sum(len(text or "") for text in texts) for texts in found[start:]]
    assert character_lengths(SideTexts.of(batch.column("prompt"))).tolist() == expected
    assert character_lengths(SideTexts.of(batch.column("rejected"))).tolist() == [2] * len(expected)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("-- ... !", 0),
        ("I don't know, really", 4),
        ("l’été e\u0301te\u0301 snake_case 3.14", 6),
        ("汉字 and かな", 5),
        ("안녕 세상", 2),
        ("नमस्ते दुनिया", 2),
        ("مرحبا بالعالم", 2),
        ("สวัสดี", 4),
        ("😀", 0),
    ],
)
def test_words(text: str, count: int) -> None:
    assert words(text) == count


def test_quantiles_are_exact_for_short_texts() -> None:
    lengths = Lengths.of(np.arange(1, 101))
    assert lengths.summary() == {"mean": 50.5, "p50": 50, "p90": 90, "p99": 99, "max": 100}


@given(st.lists(st.integers(0, 1 << 40), min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_is_at_most_a_bin_too_low(found: list[int], ratio: float) -> None:
    exact = sorted(found)[max(int(np.ceil(ratio * len(found))), 1) - 1]
    quantile = Lengths.of(np.array(found)).quantile(ratio)
    assert exact * (1 - 1 / 64) <= quantile <= max(exact, 0) or ratio == 1.0


@given(st.lists(st.lists(st.integers(0, 1 << 20)), max_size=5), st.randoms())
def test_the_order_and_number_of_parts_is_of_no_account(
    parts: list[list[int]], shuffler: random.Random
) -> None:
    whole = Lengths.of(np.array([n for part in parts for n in part], np.int64))
    shuffled = shuffler.sample(parts, len(parts))
    histograms = [Lengths.of(np.array(part, np.int64)) for part in shuffled]
    assert reduce(Lengths.merge, histograms, Lengths()) == whole


def test_memory_does_not_grow_with_rows() -> None:
    lengths = Lengths.of(np.arange(1 << 20))
    assert len(lengths.bins) <= 512 + 64 * 11
    assert msgspec.json.decode(msgspec.json.encode(lengths), type=Lengths) == lengths


def test_nothing_has_no_length() -> None:
    assert Lengths().summary() == {"mean": 0.0, "p50": 0, "p90": 0, "p99": 0, "max": 0}
