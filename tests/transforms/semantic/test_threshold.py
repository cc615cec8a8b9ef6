from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.semantic.threshold import Decision, Side, decide

VALUES = st.lists(
    st.one_of(st.just(np.nan), st.integers(-20, 20).map(lambda n: n / 20), st.floats(-1, 1)),
    max_size=60,
).map(lambda held: np.array(held, np.float32))
SIDES = st.sampled_from(["above", "below"])


def taken(values: list[float], threshold: float | str, side: Side) -> list[int]:
    return np.flatnonzero(decide(np.array(values), threshold, side).is_taken).tolist()


@pytest.mark.parametrize(
    ("values", "threshold", "side", "expected"),
    [
        ([0.9, 0.95, 0.94], 0.95, "above", [1]),
        ([0.9, 0.95, 0.94], 0.9, "below", [0]),
        ([np.nan, 0.1], 0.5, "below", [1]),
        ([0.95, 0.94996, 0.94994], 0.95, "above", [0, 1]),  # as they are shown
        ([0.3, 0.1, 0.2, 0.4], "50%", "below", [1, 2]),
        ([0.3, 0.1, 0.2, 0.4], "50%", "above", [0, 3]),
        ([0.3, 0.1, 0.2, 0.4], "49%", "below", [1]),
        ([0.1, 0.1, 0.2, 0.4], "25%", "below", []),  # a tie would exceed the share
        ([0.1, 0.2, 0.2, 0.4], "50%", "below", [0]),
        ([0.1, np.nan, np.nan, np.nan], "50%", "below", []),  # of the judged rows
        ([np.inf, np.inf, 0.2, 0.1], "50%", "below", [2, 3]),  # judged, and never taken
        ([np.inf, np.inf, np.inf, 0.1], "50%", "below", [3]),
        ([], "50%", "below", []),
    ],
)
def test_takes(
    values: list[float], threshold: float | str, side: Side, expected: list[int]
) -> None:
    assert taken(values, threshold, side) == expected


def test_stored_as_float32_a_threshold_still_reaches_itself() -> None:
    values = np.arange(-100, 101, dtype=np.float32) / np.float32(100)
    for at, threshold in enumerate(np.arange(-100, 101) / 100):
        assert decide(values, float(threshold), "above").is_taken.sum() == 201 - at
        assert decide(values, float(threshold), "below").is_taken.sum() == at + 1


@given(VALUES, st.integers(1, 199).map(lambda n: n / 2), SIDES)
def test_a_share_is_never_exceeded_and_is_a_threshold(
    values: npt.NDArray[np.float32], percent: float, side: Side
) -> None:
    found = decide(values, f"{percent}%", side)
    judged = ~np.isnan(values)
    assert found.is_taken.sum() <= percent / 100 * judged.sum() + 1e-9
    assert not found.is_taken[~judged].any()
    if found.is_taken.any():  # taking down to the value reported takes the same rows
        assert (decide(values, found.threshold, side).is_taken == found.is_taken).all()
    else:
        assert np.isnan(found.threshold)


@given(VALUES, st.one_of(st.floats(-1, 1), st.just("10%"), st.just("30%")), SIDES)
def test_sides_mirror_one_another(
    values: npt.NDArray[np.float32], threshold: float | str, side: Side
) -> None:
    other: Side = "below" if side == "above" else "above"
    mirrored = threshold if isinstance(threshold, str) else -threshold
    one, two = decide(values, threshold, side), decide(-values, mirrored, other)
    assert (one.is_taken == two.is_taken).all()


@given(VALUES, st.sampled_from([0.3, "20%", "60%"]), SIDES, st.integers(0, 2**60 - 1))
def test_sparing_is_like_a_value_on_the_other_side(
    values: npt.NDArray[np.float32], threshold: float | str, side: Side, bits: int
) -> None:
    spared = np.array([bits >> at & 1 for at in range(len(values))], np.bool_)
    found = decide(values, threshold, side, lambda rows: spared[rows])
    inner = np.float32(-np.inf if side == "above" else np.inf)
    held = np.where(spared & ~np.isnan(values), inner, values)
    plain = decide(held, threshold, side)
    assert (found.is_taken == plain.is_taken).all()
    assert not (found.is_spared & ~spared).any()
    assert not (found.is_spared & found.is_taken).any()


def test_asks_what_to_spare_of_the_farthest_rows_only() -> None:
    asked: list[int] = []

    def spare(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        asked.extend(rows.tolist())
        return rows < 2

    values = np.arange(5000) / 5000
    found: Decision = decide(values, "0.1%", "below", spare)
    assert np.flatnonzero(found.is_taken).tolist() == [2, 3, 4, 5, 6]
    assert np.flatnonzero(found.is_spared).tolist() == [0, 1]
    assert len(asked) < 2000
    asked.clear()
    decide(values, 0.001, "below", spare)
    assert asked == list(range(6))
