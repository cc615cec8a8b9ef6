from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.transforms.semantic import leaders as module
from prefdata.transforms.semantic import vector_bounds
from prefdata.transforms.semantic.leaders import Leaders, leaders

Array = npt.NDArray[Any]
ALL = 10**9


def clustered(
    count: int, dimension: int, seed: int, spread: float = 0.3, dtype: str = "f2"
) -> Array:
    """Vectors of length one around a third as many centres, some of them the same."""
    rng = np.random.default_rng(seed)
    axes = np.linspace(2, 0.2, dimension)
    centres = rng.standard_normal((count // 3 + 1, dimension)) * axes
    noise = rng.standard_normal((count, dimension)) * axes * spread
    made = centres[rng.integers(0, len(centres), count)] + noise * (rng.random((count, 1)) > 0.1)
    unit: Array = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(dtype)
    return unit


def levels_of(vectors: Array, part: npt.NDArray[np.int64]) -> np.ndarray:
    exact = vectors[part].astype(float)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    levels: Array = np.rint(exact @ exact.T * 10_000)
    return levels


def slow_leaders(
    vectors: Array, parts: list[npt.NDArray[np.int64]], threshold: float
) -> tuple[list[int], np.ndarray]:
    """Looks at every pair; a row with the parts of an earlier one shares its representative."""
    every = np.stack([levels_of(vectors, part) for part in parts])
    levels = every.min(axis=0)
    chosen: list[int] = []
    seen: dict[tuple[int, ...], int] = {}
    for row, key in enumerate(zip(*(part.tolist() for part in parts), strict=True)):
        first = seen.setdefault(key, row)
        if first < row:
            chosen.append(chosen[first])
            continue
        stay = [other for other in range(row) if chosen[other] == other]
        alike = [other for other in stay if levels[row, other] >= round(threshold * 10_000)]
        chosen.append(max(alike, key=lambda other: (levels[row, other], -other), default=row))
    similarities = every[:, np.arange(len(chosen)), chosen].T / 10_000
    return chosen, similarities


def agree(found: Leaders, slow: tuple[list[int], np.ndarray]) -> None:
    assert found.representatives.tolist() == slow[0]
    assert np.allclose(found.similarities, slow[1], atol=1e-6)
    assert found.similarities.dtype == np.float32


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(1, 3),
    st.sampled_from([0.3, 0.7, 0.9, 0.97, 1.0]),
    st.sampled_from(["f2", "f4"]),
    st.integers(0, 10**6),
)
def test_it_agrees_with_looking_at_every_pair(
    count: int, parts: int, threshold: float, dtype: str, seed: int
) -> None:
    vectors = clustered(30, 12, seed, dtype=dtype)
    indices = [np.random.default_rng(seed + p).integers(0, 30, count) for p in range(parts)]
    slow = slow_leaders(vectors, indices, threshold)
    agree(leaders(vectors, indices, threshold, exact_rows=ALL), slow)
    with pytest.MonkeyPatch.context() as patch:  # blocks, tiles, axes: they change nothing
        patch.setattr(vector_bounds, "FEW_ROWS", 0)
        patch.setattr(vector_bounds, "WIDTHS", (1, 2, 4, 8))
        for owner in (module, vector_bounds):
            patch.setattr(owner, "TILE", 5)
        patch.setattr(module, "BLOCK", 7)
        agree(leaders(vectors, indices, threshold, exact_rows=ALL), slow)


@pytest.mark.parametrize("threshold", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("parts", [1, 3])
def test_it_agrees_in_blocks_of_the_real_size(threshold: float, parts: int) -> None:
    vectors = clustered(2500, 48, 1, spread=0.25)
    shared = np.random.default_rng(2).integers(0, 2500, 2500)
    indices = [np.arange(2500), shared, shared // 2][:parts]
    slow = slow_leaders(vectors, indices, threshold)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector_bounds, "FEW_ROWS", 0)
        agree(leaders(vectors, indices, threshold, exact_rows=ALL), slow)


def test_an_index_finds_most_and_nothing_else() -> None:
    vectors = clustered(6000, 48, 3, spread=0.25)
    rows = [np.arange(6000)]
    exact = leaders(vectors, rows, 0.9, exact_rows=6000)
    found = leaders(vectors, rows, 0.9, exact_rows=5999)
    again = leaders(vectors, rows, 0.9, exact_rows=5999)
    assert exact.recall is None
    assert found.recall is not None
    assert 0.98 <= found.recall <= 1
    assert np.array_equal(found.representatives, again.representatives)
    goes, went = (each.representatives != np.arange(6000) for each in (exact, found))
    assert goes.sum() > 2000
    assert (goes & went).sum() >= 0.98 * goes.sum()
    assert (found.similarities[went] >= np.float32(0.9)).all()
    of_rows = found.representatives
    assert np.array_equal(of_rows[of_rows], of_rows)


def test_an_index_that_finds_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clustered(3000, 24, 3, spread=0.2)
    monkeypatch.setattr(module, "CANDIDATES", 0)
    found = leaders(vectors, [np.arange(3000)], 0.9, exact_rows=0)
    assert found.recall is not None
    assert found.recall < 0.7  # what is left is found within a block


def test_parts_are_each_compared() -> None:
    vectors = np.eye(3, dtype=np.float16)
    indices = [np.array([0, 0, 0, 1]), np.array([1, 2, 1, 1])]
    found = leaders(vectors, indices, 0.9, exact_rows=ALL)
    assert found.representatives.tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_equal_vectors_are_alike_at_one_whatever_rounding_made_of_their_length(dtype: str) -> None:
    vectors = np.array([[0.7071, 0.7071, 0], [0.7071, 0.7071, 0], [1, 0, 0]], dtype) * 0.999
    found = leaders(vectors.astype(dtype), [np.arange(3)], 1.0, exact_rows=ALL)
    assert found.representatives.tolist() == [0, 0, 2]
    assert found.similarities.tolist() == [[1], [1], [1]]


def test_a_million_rows_of_one_vector_take_seconds() -> None:
    vectors = clustered(10, 384, 0)
    start = time.process_time()
    found = leaders(vectors, [np.full(1_000_000, 3)] * 3, 0.9, exact_rows=ALL)
    assert not found.representatives.any()
    assert time.process_time() - start < 10


@pytest.mark.parametrize("exact_rows", [ALL, 100])
def test_vectors_at_right_angles_all_stay(exact_rows: int) -> None:
    found = leaders(np.eye(1500, dtype=np.float16), [np.arange(1500)], 0.1, exact_rows=exact_rows)
    assert np.array_equal(found.representatives, np.arange(1500))
    assert found.recall in (None, 1.0)


def test_vectors_of_a_file_are_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, clustered(50, 8, 0))
    mapped = np.load(path, mmap_mode="r")
    found = leaders(mapped, [np.arange(50)], 0.9, exact_rows=ALL)
    agree(found, slow_leaders(np.load(path), [np.arange(50)], 0.9))


@pytest.mark.parametrize("fault", [np.nan, np.inf, 0.0])
def test_a_vector_that_is_none_is_refused(fault: float) -> None:
    vectors = clustered(5, 4, 0)
    vectors[3] = fault
    with pytest.raises(ValueError, match="length zero, or not finite"):
        leaders(vectors, [np.arange(5)], 0.9, exact_rows=ALL)
    assert len(leaders(vectors, [np.arange(3)], 0.9, exact_rows=ALL).representatives) == 3
    with pytest.raises(ValueError, match="without an embedding"):
        leaders(vectors, [np.array([0, -1])], 0.9, exact_rows=ALL)


def test_other_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        leaders(np.eye(3), [np.arange(3)], 0.9, exact_rows=ALL)
