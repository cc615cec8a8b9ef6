from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from prefdata.transforms.texts import ngram_rows as module
from prefdata.transforms.texts.ngram_counts import NGRAM_KEYS, count_ngrams, ngrams_of
from prefdata.transforms.texts.ngram_rows import PART_WEIGHT, ngram_vectors, vocabulary

TEXTS = [
    "one two two",
    "one two",
    "one three",
    "three one 对吗",
    "对吗 one",
    "rare",
    "",
    "对 吗吗吗",
]


def slowly(texts: list[str], least: int) -> list[dict[int, float]]:
    """Key to value, text by text."""
    counts = [ngrams_of(text) for text in texts]
    having = {key: sum(key in each for each in counts) for each in counts for key in each}
    found = []
    for each in counts:
        values = {}
        for key, count in each.items():
            if having[key] >= least:
                rarity = math.log((1 + len(texts)) / (1 + having[key])) + 1
                weight = 1 if key < NGRAM_KEYS else PART_WEIGHT
                values[key] = (1 + math.log(count)) * rarity * weight
        length = math.sqrt(sum(value**2 for value in values.values()))
        found.append({key: value / length for key, value in values.items()})
    return found


def test_vectors_are_what_the_slow_way_gives() -> None:
    counts = count_ngrams(pa.array(TEXTS))
    words = vocabulary(counts.texts_of_keys, len(TEXTS))
    indptr, indices, values = ngram_vectors(counts, words)
    assert indices.dtype == np.int32 and values.dtype == np.float32
    for number, wanted in enumerate(slowly(TEXTS, least=3)):
        mine = slice(indptr[number], indptr[number + 1])
        assert (np.diff(indices[mine]) > 0).all()
        by_column = {int(words.column_of[key]): value for key, value in wanted.items()}
        assert dict(zip(indices[mine].tolist(), values[mine].tolist(), strict=True)) == (
            pytest.approx(by_column)
        )
    assert words.width == len({key for each in slowly(TEXTS, 3) for key in each})


def test_a_text_of_rare_words_alone_has_no_vector() -> None:
    counts = count_ngrams(pa.array(TEXTS))
    indptr, _, _ = ngram_vectors(counts, vocabulary(counts.texts_of_keys, len(TEXTS)))
    assert np.diff(indptr)[[5, 6]].tolist() == [0, 0]


def test_the_most_frequent_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = count_ngrams(pa.array(TEXTS))
    whole = vocabulary(counts.texts_of_keys, len(TEXTS))
    monkeypatch.setattr(module, "MOST_COLUMNS", 4)
    some = vocabulary(counts.texts_of_keys, len(TEXTS))
    assert some.width == 4 and (some.rarity == whole.rarity[:4]).all()
    assert (np.diff(counts.texts_of_keys[np.argsort(whole.column_of)[-whole.width :]]) <= 0).all()


@pytest.mark.parametrize(("texts", "least"), [(10, 3), (2000, 5), (1_000_000, 10)])
def test_the_more_texts_the_more_of_them_must_have_it(texts: int, least: int) -> None:
    having = np.arange(20)
    assert vocabulary(having, texts).width == 20 - least
