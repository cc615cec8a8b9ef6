"""What answers are worth of people who err."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from turned_labels import said_of

from prefdata.label_audit.claims.reading import (
    SURE,
    Interval,
    Readers,
    reading_again,
    settled,
    widened,
)

ratios = st.floats(0, 1)


@pytest.mark.parametrize("error", [0.05, 0.1, 0.3])
def test_errors_after_reading_again_are_those_of_people(error: float) -> None:
    random, runs = np.random.default_rng(0), 40_000
    readers = reading_again(error)
    alarms = np.mean([said_of(False, error, random) for _ in range(runs)])
    misses = np.mean([not said_of(True, error, random) for _ in range(runs)])
    for found, told in ((alarms, readers.alarms), (misses, readers.misses)):
        assert found == pytest.approx(told, abs=5 * np.sqrt(told / runs))


def test_who_never_errs_needs_no_correction() -> None:
    assert reading_again(0) == SURE
    one = Interval(0.1, 0.05, 0.3)
    assert widened(one, SURE) == one


@given(ratios, ratios, ratios, st.floats(0, 0.49))
def test_a_corrected_share_is_a_share_and_holds_what_it_was_made_of(
    one: float, two: float, three: float, error: float
) -> None:
    low, value, high = sorted((one, two, three))
    readers = reading_again(error)
    found = widened(Interval(value, low, high), readers)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low <= low
    assert found.high >= high


@pytest.mark.parametrize("share", [0, 0.02, 0.2, 0.9])
def test_a_true_share_is_found_again(share: float) -> None:
    readers = reading_again(0.1)
    called = readers.alarms + share * (1 - readers.alarms - readers.misses)
    found = widened(Interval(called, called, called), readers)
    assert found.low <= share + 1e-9
    assert found.high >= share - 1e-9
    wide = widened(Interval(called, 0, 1), readers)
    assert wide.value == pytest.approx(share)


@given(st.lists(st.booleans(), max_size=7))
def test_most_readings_settle_a_row(readings: list[bool]) -> None:
    found = settled(readings)
    assert found == settled(readings[::-1])
    assert (found is None) == (2 * sum(readings) == len(readings))
    turned = settled([not reading for reading in readings])
    assert turned == (None if found is None else not found)


def test_readers_are_compared_by_what_they_err() -> None:
    assert Readers(0.0, 0.0) == SURE != Readers(0.1, 0.0)
