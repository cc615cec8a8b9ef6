from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate
from prefdata.transforms.metrics.pairwise import UNKNOWN, losses, points, sigmoid, slices

finite = st.floats(-700, 700, width=32)


@given(st.lists(finite, min_size=1))
def test_points_and_losses_are_those_of_a_plain_loop(margins: list[float]) -> None:
    found = np.array(margins, np.float32)
    assert points(found, halve_ties=False).tolist() == [2 if m > 0 else 0 for m in margins]
    halved = [1 + (m > 0) - (m < 0) for m in margins]
    assert points(found, halve_ties=True).tolist() == halved
    expected = [math.log1p(math.exp(-abs(m))) + max(-m, 0) for m in margins]
    assert losses(found) == pytest.approx(expected, rel=1e-12, abs=1e-300)
    expected = [1 / (1 + math.exp(-m)) for m in margins]
    assert sigmoid(found) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.lists(finite.filter(bool), min_size=1))
def test_swapped_pairs_have_one_minus_the_accuracy(margins: list[float]) -> None:
    found, groups = np.array(margins), np.arange(len(margins))
    for halve in (False, True):
        one, other = (
            estimate(points(each, halve_ties=halve), groups, Bootstrap(10))
            for each in (found, -found)
        )
        assert one.value is not None
        assert other.value == pytest.approx(1 - one.value, abs=2e-6)


def test_extreme_margins_have_finite_losses() -> None:
    assert losses(np.array([-1e30, 0.0, 1e30])) == pytest.approx([1e30, math.log(2), 0.0])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 2]), st.integers(0, 5), st.sampled_from(["web", "网", "c", None])
        ),
        min_size=1,
    )
)
def test_slices_are_those_of_a_plain_loop(pairs: list[tuple[int, int, str | None]]) -> None:
    scored, groups = (np.array([pair[at] for pair in pairs]) for at in (0, 1))
    names = [pair[2] or UNKNOWN for pair in pairs]
    found = slices(
        scored, groups, pl.Series([pair[2] for pair in pairs], dtype=pl.String), Bootstrap(20)
    )
    assert [each.name for each in found] == sorted(
        set(names), key=lambda name: (-names.count(name), name)
    )
    for each in found:
        mine = np.array([name == each.name for name in names])
        known = estimate(scored[mine], groups[mine], Bootstrap(20))
        assert each.model_dump(include=set(known.model_dump())) == known.model_dump()
        assert each.is_small


def test_a_slice_of_many_pairs_in_few_groups_is_small() -> None:
    groups = np.concatenate([np.arange(30), np.full(500, 99)])
    names = pl.Series(["many"] * 30 + ["one conversation"] * 500, dtype=pl.Categorical)
    found = slices(np.full(530, 2, np.int8), groups, names, Bootstrap(20))
    assert [(each.name, each.is_small) for each in found] == [
        ("one conversation", True),
        ("many", False),
    ]
