from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.texts import ngram_counts as module
from prefdata.transforms.texts.ngram_counts import (
    KEYS,
    NGRAM_KEYS,
    NgramCounts,
    count_ngrams,
    ngrams_of,
)

HOSTILE = [
    "",
    "\x00 a\x00b\x00",
    " \n\t\r\x0b\u2028",
    "It's 3-4, 对吗 - re-read?\n\n- one\n2. two",
    "你好，世界。ภาษาไทย 안녕 こんにちは",
    "Ｆull\u200bwidth ﬁ ÀÉ İi ß Σς \u0301x",
    "👩\u200d👩\u200d👧 \U0010ffff \ufdd0 \ue000",
    "a" * 100_000 + "!" * 50_000,
    "<script>alert(1)</script> =SUM(A1)",
]


def as_dicts(counts: NgramCounts) -> list[dict[int, int]]:
    return [
        dict(zip(counts.keys[a:b].tolist(), counts.counts[a:b].tolist(), strict=True))
        for a, b in pairwise(counts.bounds.tolist())
    ]


def test_hostile_texts_are_counted_as_the_slow_way_counts_them() -> None:
    found = as_dicts(count_ngrams(pa.array(HOSTILE)))
    assert found == [ngrams_of(text) for text in HOSTILE]
    assert not found[0] and not ngrams_of("\t \x00")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_text_is_counted_as_the_slow_way_counts_it(texts: list[str]) -> None:
    assert as_dicts(count_ngrams(pa.array(texts, pa.string()))) == [*map(ngrams_of, texts)]


@given(st.lists(st.text("ab 对吗-1\nÉ'"), max_size=20), st.integers(1, 30))
def test_neither_neighbours_nor_blocks_matter(texts: list[str], block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", block)
        found = as_dicts(count_ngrams(pa.array(["?", *texts], pa.string()).slice(1)))
    assert found == [*map(ngrams_of, texts)]


def test_a_null_has_none_and_keys_ascend() -> None:
    counts = count_ngrams(pa.array(["one two one", None, "two"]))
    assert np.diff(counts.bounds).tolist() == [len(ngrams_of("one two one")), 0, 4]
    assert (np.diff(counts.keys[: counts.bounds[1]].astype(np.int64)) > 0).all()
    assert counts.texts_of_keys.sum() == len(counts.keys) and len(counts.texts_of_keys) == KEYS


@pytest.mark.parametrize(
    ("text", "ngrams", "parts"),
    [
        ("one", 1, 3),  # ^on one ne$
        ("One one", 2, 3),  # one, one one
        ("a b", 3, 2),
        ("你好吗", 6, 0),
        ("**", 2, 0),
        ("x\n\ny", 2 + 1 + 3, 2),  # x, y, line break; x+, ++, +y
    ],
)
def test_what_counts(text: str, ngrams: int, parts: int) -> None:
    keys = np.array([*ngrams_of(text)])
    assert ((keys < NGRAM_KEYS).sum(), (keys >= NGRAM_KEYS).sum()) == (ngrams, parts)


def test_case_and_width_do_not_matter_and_form_does() -> None:
    assert ngrams_of("Ｈello") == ngrams_of("hello")
    assert ngrams_of("- one") != ngrams_of("one") != ngrams_of("one\n")
