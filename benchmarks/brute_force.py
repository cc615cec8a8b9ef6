"""Which rows are alike, found by comparing every row with every other: slow, and exact.

The similarity of two pairs is that of prefdata: the least of the Jaccard similarities of their
parts, completions compared both ways round, the better way counting. Prompts are compared all with
all, as a product of sparse matrices; completions where the prompts are alike enough.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from prefdata.transforms.duplicates.shingles import shingles_of

FIELDS = ("prompt", "chosen", "rejected")
BLOCK_ROWS = 512
SHORT = 16

Sets = tuple[frozenset[int], frozenset[int], frozenset[int]]
Pair = tuple[int, int]  # the lower row first


@dataclass(frozen=True)
class Alikeness:
    """How alike two rows are, and whether it is the other way round."""

    similarity: float
    crossed: bool


def sets_of(path: Path, rows: int, words: int = 3, characters: int = 5) -> list[Sets]:
    """The shingles of the first rows of a JSON Lines file."""
    found = []
    with path.open(encoding="utf-8") as file:
        for line, _ in zip(file, range(rows), strict=False):
            row = json.loads(line)
            prompt, chosen, rejected = (
                frozenset(shingles_of(row[field], words, characters)) for field in FIELDS
            )
            found.append((prompt, chosen, rejected))
    return found


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """Two empty sets are the same."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if one or other else 1.0


def alikeness(one: Sets, other: Sets) -> Alikeness:
    """Of two rows."""
    prompt = jaccard(one[0], other[0])
    direct = min(prompt, jaccard(one[1], other[1]), jaccard(one[2], other[2]))
    crossed = min(prompt, jaccard(one[1], other[2]), jaccard(one[2], other[1]))
    if prompt < 1 and min(len(row[1]) + len(row[2]) for row in (one, other)) < SHORT:
        return Alikeness(0.0, crossed=False)  # so short that a word of the prompt counts
    return Alikeness(max(direct, crossed), crossed > direct)


def true_pairs(sets: list[Sets], threshold: float) -> dict[Pair, Alikeness]:
    """All pairs of rows that are at least so alike."""
    prompts = true_prompt_pairs([row[0] for row in sets], threshold)
    every = {pair: alikeness(sets[pair[0]], sets[pair[1]]) for pair in prompts}
    return {pair: found for pair, found in every.items() if found.similarity >= threshold}


def true_prompt_pairs(prompts: list[frozenset[int]], threshold: float) -> dict[Pair, float]:
    """All pairs of prompts that are at least so alike."""
    matrix, sizes = _matrix(prompts)
    transposed = matrix.T.tocsr()
    found: dict[Pair, float] = {}
    for start in range(0, len(prompts), BLOCK_ROWS):
        shared = (matrix[start : start + BLOCK_ROWS] @ transposed).tocoo()
        low, high = shared.row + start, shared.col
        ratio = shared.data / (sizes[low] + sizes[high] - shared.data)
        wanted = (ratio >= threshold) & (low < high)
        pairs = zip(low[wanted].tolist(), high[wanted].tolist(), strict=True)
        found |= dict(zip(pairs, ratio[wanted].tolist(), strict=True))
    empty = np.flatnonzero(sizes == 0).tolist()
    return found | dict.fromkeys(combinations(empty, 2), 1.0)


def _matrix(sets: list[frozenset[int]]) -> tuple[csr_matrix, np.ndarray]:
    """A row a set, a column an element; and the sizes of the sets."""
    sizes = np.array([len(each) for each in sets], np.int64)
    elements = np.fromiter((e for each in sets for e in each), np.uint64, int(sizes.sum()))
    known, columns = np.unique(elements, return_inverse=True)
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    ones = np.ones(len(columns), np.int32)
    shape = (len(sets), max(len(known), 1))
    return csr_matrix((ones, columns, bounds), shape=shape), sizes
