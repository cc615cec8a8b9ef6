from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.semantic.like_given import nearest_given


def test_is_the_nearest_part_to_the_nearest_text() -> None:
    rng = np.random.default_rng(8)
    vectors, given = rng.normal(size=(40, 6)).astype(np.float16), rng.normal(size=(15, 6))
    given = given.astype(np.float32)
    parts = rng.integers(-1, 40, (2, 100))
    found = nearest_given(vectors, list(parts), given)
    ours = vectors.astype(np.float64)
    cosines = (ours / np.linalg.norm(ours, axis=1, keepdims=True)) @ (
        given / np.linalg.norm(given, axis=1, keepdims=True)
    ).T
    for row, places in enumerate(parts.T):
        known = [place for place in places if place >= 0]
        if not known:
            assert np.isnan(found.values[row])
            assert (found.given[row], found.part[row]) == (-1, -1)
            continue
        assert found.values[row] == pytest.approx(cosines[known].max(), abs=1e-3)
        place = parts[found.part[row], row]
        assert cosines[place, found.given[row]] == pytest.approx(cosines[known].max(), abs=1e-3)


def test_of_the_same_the_first() -> None:
    vectors = np.eye(2, dtype=np.float32)
    given = np.array([[0, 1], [1, 0], [1, 0]], np.float32)
    found = nearest_given(vectors, [np.array([0, -1]), np.array([0, 1])], given)
    assert found.values.tolist() == [1, 1]
    assert found.given.tolist() == [1, 0]
    assert found.part.tolist() == [0, 1]


def test_nothing_given_nothing_found() -> None:
    found = nearest_given(
        np.eye(2, dtype=np.float32), [np.array([0, 1])], np.zeros((0, 2), np.float32)
    )
    assert np.isnan(found.values).all()
    assert found.given.tolist() == [-1, -1]
