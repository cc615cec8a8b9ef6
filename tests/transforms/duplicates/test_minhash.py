from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.duplicates.minhash import (
    bands_for,
    bands_of,
    bands_of_rows,
    elements_of,
    signature_of,
)
from prefdata.transforms.duplicates.similarity import PARTS, On, jaccard
from tests.ways import WAYS, by_kernels

NUMBERS = st.one_of(st.integers(0, 2**64 - 1), st.integers(0, 8))
SIDE = st.lists(NUMBERS, max_size=40)
ROW = st.tuples(SIDE, SIDE, SIDE)
Row = tuple[list[int], list[int], list[int]]


def found_bands(rows: list[Row], on: On, hashes: int, bands: int, values: int) -> np.ndarray:
    parts = []
    for side in range(3):
        shown = [row[side] if side in PARTS[on] else [] for row in rows]
        firsts = np.concatenate([[0], np.cumsum([len(part) for part in shown])])
        parts.append((np.array([n for part in shown for n in part], np.uint64), firsts))
    return bands_of_rows(parts, hashes, bands, values)


@given(st.lists(ROW, min_size=1, max_size=4), st.sampled_from(["pair", "prompt"]))
def test_the_kernel_is_the_reference(rows: list[Row], on: On) -> None:
    expected = [bands_of(signature_of(elements_of(row, on), 64), 9, 7) for row in rows]
    for way in WAYS:
        with way():
            assert found_bands(rows, on, 64, 9, 7).T.tolist() == expected


@pytest.mark.parametrize("size", [63, 64, 65, 500, 70_000, 140_000])
def test_both_ways_to_fill_empty_bins_and_both_to_find_what_is_shared(size: int) -> None:
    rng = np.random.default_rng(size)
    chosen = rng.integers(0, 2**64, size, dtype=np.uint64).tolist()
    rejected = [*chosen[: size // 3], *rng.integers(0, 2**64, 9, dtype=np.uint64).tolist()]
    row = ([1, 2], chosen, rejected)
    expected = bands_of(signature_of(elements_of(row, "pair"), 256), 32, 8)
    with by_kernels():
        assert found_bands([row], "pair", 256, 32, 8)[:, 0].tolist() == expected


@pytest.mark.parametrize("size", [5, 20, 80, 300])
@pytest.mark.parametrize("similarity", [0.5, 0.8, 0.95])
def test_signatures_agree_as_often_as_sets_are_alike(size: int, similarity: float) -> None:
    pairs = 60
    common = max(1, round(2 * size * similarity / (1 + similarity)))
    true = common / (2 * size - common)
    rng = random.Random(size)
    agreed = 0
    for _ in range(pairs):
        drawn = [rng.getrandbits(64) for _ in range(2 * size - common)]
        one, other = signature_of(drawn[:size], 256), signature_of(drawn[size - common :], 256)
        agreed += sum(a == b for a, b in zip(one, other, strict=True))
    deviation = (true * (1 - true) / (pairs * min(size, 50))) ** 0.5
    assert abs(agreed / (256 * pairs) - true) < 5 * deviation + 1e-9


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("hashes", [16, 100, 256])
def test_bands_fit_and_find_the_threshold(threshold: float, hashes: int) -> None:
    bands, values = bands_for(threshold, hashes)
    assert 1 <= bands * values <= hashes
    assert values == 1 or 1 - (1 - threshold**values) ** bands >= 0.99


@given(
    st.lists(st.tuples(*[st.lists(st.integers(0, 12), max_size=10)] * 3), min_size=2, max_size=6)
)
def test_candidates_are_looked_for_where_they_are(rows: list[Row]) -> None:
    """The sets that are hashed are at least as alike as the least similar part of the rows."""
    for one, other in itertools.combinations(rows, 2):
        direct = min(jaccard(one[1], other[1]), jaccard(one[2], other[2]))
        crossed = min(jaccard(one[1], other[2]), jaccard(one[2], other[1]))
        overall = min(jaccard(one[0], other[0]), max(direct, crossed))
        hashed = jaccard(elements_of(one, "pair"), elements_of(other, "pair"))
        assert hashed >= overall - 1e-12
