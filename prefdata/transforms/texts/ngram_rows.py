"""Completions of pairs as sparse unit vectors of n-grams, weighted by rarity (tf-idf)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.texts.ngram_counts import KEYS, NGRAM_KEYS, NgramCounts

LEAST_TEXTS = (3, 10)
"""Bounds of the number of texts in which an n-gram must occur, else one in `_LEAST_SHARE`."""
_LEAST_SHARE = 400
PART_WEIGHT = 0.7
"""The weight of a part of a word."""
MOST_COLUMNS = 1 << 17
"""The most n-grams used, those of most texts first. Weights take memory for each of them."""

Columns = npt.NDArray[np.int32]


@dataclass(frozen=True)
class NgramRows:
    """n pairs and the vectors of their completions; arrays may be memory-mapped.

    `rows` (n), ascending. `chosen`, `rejected` (n): the number of a text, -1 for none. The vectors
    are a CSR matrix (texts, width): entry e of text i (`indptr[i]` <= e < `indptr[i + 1]`) is
    `values[e]` in column `indices[e]`. They have unit length; zero if a text has no known n-gram.
    """

    rows: Ints
    chosen: Ints
    rejected: Ints
    indptr: Ints
    indices: Columns
    values: Floats
    width: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def texts(self) -> int:
        return len(self.indptr) - 1


@dataclass(frozen=True)
class Vocabulary:
    """`column_of` (KEYS): the column of each key, -1 if left out; `rarity` (width): weights."""

    column_of: Columns
    rarity: npt.NDArray[np.float64]

    @property
    def width(self) -> int:
        return len(self.rarity)


def vocabulary(texts_of_keys: Ints, texts: int) -> Vocabulary:
    """The n-grams that become columns, the most frequent first, and their weights.

    `texts_of_keys` (KEYS): the number of texts in which each key occurs; `texts`: of all. Weights
    are smoothed inverse document frequencies: log((1 + texts) / (1 + those with it)) + 1.
    """
    least = min(max(texts // _LEAST_SHARE, LEAST_TEXTS[0]), LEAST_TEXTS[1])
    common = np.flatnonzero(texts_of_keys >= least)
    common = common[np.argsort(-texts_of_keys[common], kind="stable")][:MOST_COLUMNS]
    column_of = np.full(KEYS, -1, np.int32)
    column_of[common] = np.arange(len(common))
    rarity = np.log((1 + texts) / (1 + texts_of_keys[common])) + 1
    return Vocabulary(column_of, np.where(common < NGRAM_KEYS, rarity, PART_WEIGHT * rarity))


def ngram_vectors(counts: NgramCounts, words: Vocabulary) -> tuple[Ints, Columns, Floats]:
    """The vectors of some texts as `indptr`, `indices` and `values` (see `NgramRows`)."""
    from prefdata.kernels.ngram_weights import weigh

    bounds = np.empty(len(counts.bounds), np.int64)
    columns, values = np.empty(len(counts.keys), np.int32), np.empty(len(counts.keys), np.float32)
    weigh(
        counts.bounds, counts.keys, counts.counts, words.column_of, words.rarity,
        bounds, columns, values,
    )  # fmt: skip
    return bounds, columns[: bounds[-1]].copy(), values[: bounds[-1]].copy()
