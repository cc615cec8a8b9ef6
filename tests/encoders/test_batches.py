from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.encoders.batches import batch_end, in_lanes, padded


@given(st.lists(st.integers(1, 300), min_size=1), st.integers(1, 2000))
def test_batches_hold_all_rows_once_within_the_bound(lengths, bound):
    lengths.sort(reverse=True)
    start, seen = 0, 0
    while start < len(lengths):
        end = batch_end(lengths, start, bound)
        cost = (end - start) * lengths[start]
        assert cost <= bound or end - start == 1
        assert end == len(lengths) or cost + lengths[start] > bound  # no room was left
        seen += end - start
        start = end
    assert seen == len(lengths)


@pytest.mark.parametrize(
    ("left", "ids"), [(False, [[1, 2, 3], [4, 9, 9]]), (True, [[1, 2, 3], [9, 9, 4]])]
)
def test_rows_are_padded_on_either_side(left, ids):
    rows = [np.array([1, 2, 3], np.int32), np.array([4], np.int32)]
    batch = padded(rows, 9, left=left)
    assert batch.ids.tolist() == ids
    assert (batch.mask == (batch.ids != 9)).all()
    assert batch.ids.dtype == batch.mask.dtype == np.int64
    first, second = batch.halves()
    assert np.array_equal(np.concatenate([first.ids, second.ids]), batch.ids)


@pytest.mark.parametrize("lanes", [1, 3])
def test_lanes_keep_the_order_and_ask_late(lanes):
    asked = []

    def items():
        for number in range(12):
            asked.append(number)
            yield number

    def slow(number):
        time.sleep(0.002 * (number % 3))
        return number * number

    results = in_lanes(slow, items(), lanes)
    assert next(results) == 0
    assert len(asked) <= lanes + 2
    assert list(results) == [number**2 for number in range(1, 12)]


def test_an_error_in_a_lane_comes_out():
    with pytest.raises(ZeroDivisionError):
        list(in_lanes(lambda number: 1 / number, iter([1, 0, 2]), 2))
