from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.duplicates.similarity import (
    PAIRS_AT_ONCE,
    On,
    Parts,
    jaccard,
    similarities,
)
from tests.ways import WAYS

SHINGLES = st.lists(st.integers(0, 12), max_size=10)
ROW = st.tuples(SHINGLES, SHINGLES, SHINGLES)
ROWS = st.lists(ROW, min_size=2, max_size=7)
Row = tuple[list[int], list[int], list[int]]


def hashes(numbers: list[int]) -> np.ndarray:
    """Numbers as the hashes that stand for them, ascending and unique, as sets are stored."""
    spread = [(n + 1) * 0x9E3779B97F4A7C15 % 2**64 & ~0xFFF for n in set(numbers)]
    return np.array(sorted(spread), np.uint64)


def slow(one: Row, other: Row, on: On) -> tuple[float, bool]:
    """(overall similarity, crossed), by the book."""
    prompt = jaccard(one[0], other[0])
    direct = min(jaccard(one[1], other[1]), jaccard(one[2], other[2]))
    crossed = min(jaccard(one[1], other[2]), jaccard(one[2], other[1]))
    if on == "prompt":
        return prompt, False
    if on == "completion":
        return direct, False
    return min(prompt, max(direct, crossed)), crossed > direct


@given(ROWS, st.sampled_from(["pair", "prompt", "completion"]))
def test_the_fast_path_is_the_slow_one(rows: list[Row], on: On) -> None:
    low, high = np.triu_indices(len(rows), 1)

    def parts(number: int) -> Parts:
        prompt, chosen, rejected = (hashes(part) for part in rows[number])
        return prompt, chosen, rejected

    expected = [slow(rows[i], rows[j], on) for i, j in zip(low, high, strict=True)]
    for way in WAYS:
        with way():
            found = similarities(low, high, parts, on)
        assert found.overall.tolist() == [similarity for similarity, _ in expected]
        assert found.crossed.tolist() == [crossed for _, crossed in expected]


def test_many_pairs_at_once_are_each_their_own() -> None:
    rows = [([n], [n, n + 1], [100 + n]) for n in range(60)]
    low, high = np.triu_indices(len(rows), 1)
    low, high = np.tile(low, 3), np.tile(high, 3)  # more than one block
    assert len(low) > PAIRS_AT_ONCE

    def parts(number: int) -> Parts:
        return tuple(hashes(part) for part in rows[number])  # type: ignore[return-value]

    found = similarities(low, high, parts, "completion")
    expected = [slow(rows[i], rows[j], "completion")[0] for i, j in zip(low, high, strict=True)]
    assert found.overall.tolist() == expected


@pytest.mark.parametrize(("one", "other", "ratio"), [([], [], 1.0), ([], [1], 0.0), ([1], [1], 1)])
def test_empty_sets(one: list[int], other: list[int], ratio: float) -> None:
    assert jaccard(one, other) == ratio
