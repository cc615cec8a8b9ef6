from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.transforms.semantic import neighbours as module
from prefdata.transforms.semantic import vector_bounds
from prefdata.transforms.semantic.neighbours import Neighbours, nearest, nearest_in

Array = npt.NDArray[Any]
ALL = 10**9


def some(count: int, dimension: int, seed: int, dtype: str = "f2") -> np.ndarray:
    """Vectors of length one, more of them along the first axes."""
    made = np.random.default_rng(seed).standard_normal((count, dimension))
    made *= np.linspace(2, 0.2, dimension)
    unit: Array = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(dtype)
    return unit


def slow(one: np.ndarray, other: np.ndarray, k: int, out: np.ndarray | None = None) -> np.ndarray:
    """(n, k): level and position of the k nearest, by sorting all of them."""
    a, b = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, other))
    levels = np.rint(a @ b.T * 10_000)
    if out is not None:
        levels[out] = -np.inf
    lists = []
    for row in levels:
        order = np.lexsort((np.arange(len(row)), -row))[:k]
        pairs = [(row[i], i) for i in order if row[i] > -np.inf]
        lists.append(pairs + [(np.nan, -1)] * (k - len(pairs)))
    return np.array(lists, float).reshape(len(one), k, 2)


def agree(found: Neighbours, expected: np.ndarray) -> None:
    assert np.array_equal(found.positions, expected[:, :, 1])
    assert np.allclose(found.similarities, expected[:, :, 0] / 10_000, atol=1e-6, equal_nan=True)
    assert found.similarities.dtype == np.float32
    assert found.recall is None


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from(["f2", "f4"]),
    st.integers(0, 10**6),
)
def test_it_agrees_with_sorting_all(
    count: int, others: int, k: int, exclude: bool, dtype: str, seed: int
) -> None:
    vectors = some(20, 10, seed, dtype)
    rng = np.random.default_rng(seed)
    queries, base = rng.integers(0, 20, count), rng.integers(0, 20, others)
    exact = vectors.astype(float)
    out = queries[:, None] == base if exclude else None
    expected = slow(exact[queries], exact[base], k, out)
    with pytest.MonkeyPatch.context() as patch:
        agree(nearest(vectors, queries, base, k, exclude_self=exclude, exact_rows=ALL), expected)
        patch.setattr(vector_bounds, "FEW_ROWS", 0)
        patch.setattr(vector_bounds, "WIDTHS", (1, 2, 4, 8))
        for owner, name, value in (
            (module, "BLOCK", 7),
            (module, "_CHUNK", 11),
            (vector_bounds, "TILE", 5),
        ):
            patch.setattr(owner, name, value)
        agree(nearest(vectors, queries, base, k, exclude_self=exclude, exact_rows=ALL), expected)


@pytest.mark.parametrize("dtypes", [("f2", "f4"), ("f4", "f2")])
def test_others_may_be_another_array(dtypes: tuple[str, str]) -> None:
    vectors, others = some(40, 16, 1, dtypes[0]), some(9, 16, 2, dtypes[1])
    queries = np.array([5, 39, 5, 0])
    found = nearest_in(vectors, queries, others, 3)
    agree(found, slow(vectors[queries].astype(float), others.astype(float), 3))


@pytest.mark.parametrize("k", [1, 10, 100])
def test_it_agrees_in_blocks_of_the_real_size(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_bounds, "FEW_ROWS", 0)
    vectors = some(5000, 48, 4)
    queries, base = np.arange(1200), np.arange(5000)
    found = nearest(vectors, queries, base, k, exclude_self=True, exact_rows=ALL)
    exact = vectors.astype(float)
    agree(found, slow(exact[queries], exact, k, queries[:, None] == base))


def test_an_index_finds_most_and_says_how_much() -> None:
    vectors, rows = some(4000, 32, 5), np.arange(4000)
    exact = nearest(vectors, rows, rows, 10, exclude_self=True, exact_rows=4000)
    found = nearest(vectors, rows, rows, 10, exclude_self=True, exact_rows=3999)
    both = zip(exact.positions.tolist(), found.positions.tolist(), strict=True)
    shared = np.mean([len({*a} & {*b}) for a, b in both]) / 10
    assert found.recall is not None
    assert shared > 0.95
    assert abs(found.recall - shared) < 0.03
    assert (found.positions != rows[:, None]).all()
    assert (np.diff(found.similarities, axis=1) <= 0).all()


def test_an_index_of_fewer_than_are_asked_for() -> None:
    vectors = some(3, 8, 0)
    found = nearest(vectors, np.arange(3), np.arange(3), 5, exclude_self=True, exact_rows=0)
    assert (found.positions >= 0).sum(axis=1).tolist() == [2, 2, 2]
    assert found.recall == 1.0


def test_a_million_copies_of_one_are_nobodys_neighbours() -> None:
    same = np.zeros(1_000_000, np.int64)
    found = nearest(some(1, 16, 0), same, same, 3, exclude_self=True, exact_rows=ALL)
    assert (found.positions == -1).all()
    assert np.isnan(found.similarities).all()


def test_dimensions_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="8 and of 4 dimensions"):
        nearest_in(some(3, 8, 0), np.arange(3), some(3, 4, 0), 1)
