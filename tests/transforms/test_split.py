from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import SplitConfig
from prefdata.transforms.split import TEST, TRAIN, VALIDATION, split_codes

keys = st.lists(st.integers(0, 2**64 - 1), max_size=30).map(lambda k: np.array(k, np.uint64))


@given(keys, keys)
def test_appending_moves_none(before: np.ndarray, after: np.ndarray) -> None:
    config = SplitConfig(test=0.3, validation=0.3)
    both = split_codes(np.concatenate([before, after]), config)
    assert (both[: len(before)] == split_codes(before, config)).all()


@given(keys)
def test_a_larger_test_share_only_adds(some: np.ndarray) -> None:
    small = split_codes(some, SplitConfig(test=0.1)) == TEST
    large = split_codes(some, SplitConfig(test=0.5)) == TEST
    assert (large | ~small).all()


def test_shares_are_met_and_the_salt_matters() -> None:
    some = np.arange(100_000, dtype=np.uint64)
    codes = split_codes(some, SplitConfig(test=0.1, validation=0.2))
    shares = np.bincount(codes, minlength=3) / len(some)
    assert np.allclose(shares, [0.7, 0.2, 0.1], atol=0.01)
    assert list(np.unique(codes)) == [TRAIN, VALIDATION, TEST]
    salted = split_codes(some, SplitConfig(test=0.1, validation=0.2, salt="another"))
    assert 0.4 < (salted == codes).mean() < 0.7


def test_no_share_no_split() -> None:
    assert not split_codes(np.arange(1000, dtype=np.uint64), SplitConfig(test=0)).any()
