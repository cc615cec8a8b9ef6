from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import SplitConfig
from prefdata.transforms.split.split import TEST, TRAIN, VALIDATION, Balance, wished_splits

keys = st.lists(st.integers(0, 2**64 - 1), max_size=30).map(lambda k: np.array(k, np.uint64))
splits = st.sampled_from([TRAIN, VALIDATION, TEST])


@given(keys)
def test_a_larger_test_share_only_adds(some: np.ndarray) -> None:
    small = wished_splits(some, SplitConfig(test=0.1)) == TEST
    large = wished_splits(some, SplitConfig(test=0.5)) == TEST
    assert (large | ~small).all()


def test_the_hash_meets_the_shares_and_the_salt_matters() -> None:
    some = np.arange(100_000, dtype=np.uint64)
    codes = wished_splits(some, SplitConfig(test=0.1, validation=0.2))
    shares = np.bincount(codes, minlength=3) / len(some)
    assert np.allclose(shares, [0.7, 0.2, 0.1], atol=0.01)
    salted = wished_splits(some, SplitConfig(test=0.1, validation=0.2, salt="another"))
    assert 0.4 < (salted == codes).mean() < 0.7


@given(
    st.lists(st.tuples(splits, st.integers(0, 1), st.integers(1, 40)), max_size=12),
    st.sampled_from([(0.05, 0.0), (0.3, 0.3), (0.5, 0.49), (0.95, 0.03), (0.0, 0.2)]),
)
def test_no_source_drifts_whatever_the_hashes_say(runs: list[Any], shares: Any) -> None:
    config = SplitConfig(test=shares[0], validation=shares[1])
    balance, begun, taken = Balance(config), Counter[int](), Counter[tuple[int, int]]()
    for wish, source in ((wish, source) for wish, source, times in runs for _ in range(times)):
        wish = wish if wish == TRAIN or shares[TEST - wish] else TRAIN
        split = balance.settle(wish, source)
        begun[source] += 1
        taken[source, split] += 1
        for code, p in ((TEST, shares[0]), (VALIDATION, shares[1])):
            bound = 3 + sqrt(p * (1 - p) * begun[source])
            assert abs(p * begun[source] - taken[source, code]) < bound


def test_most_go_where_their_hash_says() -> None:
    config = SplitConfig(test=0.05, validation=0.05)
    wishes = wished_splits(np.arange(20_000, dtype=np.uint64), config).tolist()
    balance = Balance(config)
    went = [balance.settle(wish, 0) for wish in wishes]
    assert 0.98 < np.mean([a == b for a, b in zip(wishes, went, strict=True)]) < 1


@pytest.mark.parametrize("wish", [TRAIN, TEST])
def test_a_share_of_nothing_stays_empty(wish: int) -> None:
    balance = Balance(SplitConfig(test=0.5 if wish else 0.0))
    assert VALIDATION not in {balance.settle(wish, 0) for _ in range(100)}
