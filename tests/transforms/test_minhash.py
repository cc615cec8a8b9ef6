from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.minhash import (
    EMPTY,
    _binned,
    _borrowed,
    _orders,
    _tried,
    band_keys,
    bands_for,
    signatures,
)

NUMBERS = st.integers(0, 2**64 - 1)
SETS = st.lists(st.lists(NUMBERS, max_size=60), min_size=1, max_size=6)


def flat(sets: list[list[int]]) -> tuple[np.ndarray, np.ndarray, int]:
    owners = np.repeat(np.arange(len(sets)), [len(each) for each in sets])
    return np.array([x for each in sets for x in each], np.uint64), owners, len(sets)


def slow_signature(numbers: list[int], hashes: int) -> list[int]:
    """As the definition says, an element and a bin at a time."""
    order, _ = _orders(hashes)
    bins: dict[int, int] = {}
    for number in numbers:
        place = ((number >> 32) * hashes) >> 32
        bins[place] = min(bins.get(place, 2**31), number & 0x7FFFFFFF)
    if not bins:
        return [int(EMPTY)] * hashes
    return [next(bins[b] for b in order[i].tolist() if b in bins) for i in range(hashes)]


@given(SETS, st.sampled_from([16, 64, 256]))
def test_the_fast_path_is_the_slow_one(sets: list[list[int]], hashes: int) -> None:
    signed = signatures(*flat(sets), hashes)
    assert signed.tolist() == [slow_signature(each, hashes) for each in sets]


@pytest.mark.parametrize("size", [1, 3, 30, 140, 500])
def test_both_ways_to_fill_empty_bins_agree(size: int) -> None:
    numbers = np.random.default_rng(size).integers(0, 2**64, 20 * size, dtype=np.uint64)
    bins = _binned(numbers, np.repeat(np.arange(20), size), 20, 256)
    assert np.array_equal(_tried(bins), _borrowed(bins, bins != EMPTY))


@pytest.mark.parametrize("size", [5, 20, 80, 300])
@pytest.mark.parametrize("similarity", [0.5, 0.8, 0.95])
def test_signatures_agree_as_often_as_sets_are_alike(size: int, similarity: float) -> None:
    pairs = 400
    common = max(1, round(2 * size * similarity / (1 + similarity)))
    true = common / (2 * size - common)
    rng = np.random.default_rng(7)
    drawn = rng.integers(0, 2**64, (pairs, 2 * size - common), dtype=np.uint64)
    owners = np.repeat(np.arange(pairs), size)
    one = signatures(drawn[:, :size].ravel(), owners, pairs, 256)
    other = signatures(drawn[:, size - common :].ravel(), owners, pairs, 256)
    tolerance = 5 * (true * (1 - true) / pairs / 50) ** 0.5 + 1e-9
    assert abs(float((one == other).mean()) - true) < tolerance
    bands, values = bands_for(true, 256)
    hits = (band_keys(one, bands, values) == band_keys(other, bands, values)).any(axis=0)
    assert hits.mean() > 0.97


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("hashes", [16, 100, 256])
def test_bands_fit_and_find_the_threshold(threshold: float, hashes: int) -> None:
    bands, values = bands_for(threshold, hashes)
    assert 1 <= bands * values <= hashes
    assert values == 1 or 1 - (1 - threshold**values) ** bands >= 0.99


def test_order_and_repeats_do_not_matter() -> None:
    numbers = [random.Random(3).getrandbits(64) for _ in range(50)]
    shuffled = [*reversed(numbers), *numbers[:9]]
    signed = signatures(*flat([numbers, shuffled]), 256)
    assert np.array_equal(signed[0], signed[1])
