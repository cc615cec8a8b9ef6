from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.errors import DataError
from prefdata.transforms.metrics.folds import grouped_folds


@given(
    st.lists(st.integers(-5, 40), min_size=1, max_size=200), st.integers(2, 6), st.integers(0, 9)
)
def test_groups_stay_whole_and_folds_are_even(groups: list[int], folds: int, seed: int) -> None:
    if len(set(groups)) < folds:
        with pytest.raises(DataError, match="fewer folds"):
            grouped_folds(groups, folds, seed)
        return
    found = grouped_folds(groups, folds, seed)
    assert len({(group, fold) for group, fold in zip(groups, found, strict=True)}) == len(
        set(groups)
    )
    rows = np.bincount(found, minlength=folds)
    assert len(rows) == folds and rows.min() > 0
    assert rows.max() - rows.min() <= max(groups.count(group) for group in groups)


def test_the_seed_decides_and_names_of_groups_do_not() -> None:
    groups = np.arange(300) // 3
    folds = grouped_folds(groups, 5, 1)
    assert np.array_equal(folds, grouped_folds(groups * 10 + 7, 5, 1))
    assert not np.array_equal(folds, grouped_folds(groups, 5, 2))


@pytest.mark.parametrize("folds", [0, 1])
def test_one_fold_is_none(folds: int) -> None:
    with pytest.raises(DataError, match="two or more"):
        grouped_folds([1, 2], folds, 0)
