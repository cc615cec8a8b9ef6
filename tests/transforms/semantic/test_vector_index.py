from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.semantic.vector_bounds import principal_axes, project
from prefdata.transforms.semantic.vector_index import VectorIndex
from prefdata.transforms.semantic.vector_rows import VectorRows, distinct_rows


def rows_of(count: int, dimension: int, parts: int = 1) -> VectorRows:
    rng = np.random.default_rng(count)
    vectors = (rng.standard_normal((count, dimension)) * np.linspace(2, 0.1, dimension)).astype(
        "f2"
    )
    return VectorRows.of(vectors.astype("f2"), rng.integers(0, count, (count, parts)))


@pytest.mark.parametrize("width", [1, 7, 24])
def test_bounds_bound(width: int) -> None:
    rows = rows_of(300, 24)
    units = rows.units(slice(None), 0)
    bounds = project(units, principal_axes(rows, 0)[:, :width])
    assert np.allclose(np.linalg.norm(bounds, axis=1), 1, atol=1e-4)
    slack = bounds @ bounds.T - units @ units.T
    assert slack.min() > -1e-5
    assert slack.max() < {1: 2, 7: 1.5, 24: 1e-4}[width]


@pytest.mark.parametrize("parts", [1, 3])
def test_candidates_hold_the_row_itself(parts: int) -> None:
    rows = rows_of(500, 100, parts)
    index = VectorIndex(rows)
    coordinates = index.coordinates(rows, slice(None))
    assert index.candidates(coordinates[:2], 4).shape == (2, 0)
    names = np.arange(500)
    index.add(names + 7, coordinates)
    found = index.candidates(coordinates, 8)
    assert (found == names[:, None] + 7).any(axis=1).mean() > 0.97
    assert (np.diff(found, axis=1) > 0).all()


def test_different_rows_come_in_order() -> None:
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 3, 200) for _ in range(3)]
    firsts, codes = distinct_rows(parts)
    rows = list(zip(*(part.tolist() for part in parts), strict=True))
    assert [rows[first] for first in firsts] == list(dict.fromkeys(rows))
    assert [rows[firsts[code]] for code in codes] == rows
