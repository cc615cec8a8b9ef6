from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.duplicates.buckets import LEADERS, ascending, bucket_pairs, unpack_pairs

KEYS = st.lists(st.integers(0, 5), max_size=40)


def keys_of(small: list[int]) -> np.ndarray:
    """Keys that differ in their upper bits, as hashes do."""
    return np.array([(n * 0x9E3779B97F4A7C15 + 1) % 2**64 for n in small], np.uint64)


def every_pair(small: list[int]) -> set[tuple[int, int]]:
    numbered = itertools.combinations(enumerate(small), 2)
    return {(i, j) for (i, a), (j, b) in numbered if a == b}


@given(KEYS)
def test_all_pairs_of_small_buckets(small: list[int]) -> None:
    found = bucket_pairs(keys_of(small), np.arange(len(small)), crowd=40)
    low, high = unpack_pairs(found.pairs)
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == sorted(every_pair(small))
    assert found.skipped == 0


@given(KEYS)
def test_a_crowd_meets_its_first_members_and_says_what_it_left_out(small: list[int]) -> None:
    found = bucket_pairs(keys_of(small), np.arange(len(small)), crowd=5)
    low, high = unpack_pairs(found.pairs)
    got = set(zip(low.tolist(), high.tolist(), strict=True))
    members = {n: [i for i, key in enumerate(small) if key == n] for n in small}
    expected = {
        (i, j)
        for i, j in every_pair(small)
        if len(members[small[i]]) <= 5 or i in members[small[i]][:LEADERS]
    }
    assert got == expected
    assert found.skipped == len(every_pair(small)) - len(expected)


def test_a_bucket_of_many_stays_linear() -> None:
    many = 200_000
    found = bucket_pairs(np.zeros(many, np.uint64), np.arange(many), crowd=32)
    assert len(found.pairs) < LEADERS * many
    assert found.skipped == many * (many - 1) // 2 - len(found.pairs)


@given(st.lists(st.integers(-9, 9)))
def test_ascending(numbers: list[int]) -> None:
    assert ascending(np.array(numbers, np.int64)).tolist() == sorted(set(numbers))
