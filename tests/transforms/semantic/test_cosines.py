from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.semantic.cosines import BLOCK, cosines


def test_are_dot_products_of_directions() -> None:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(300, 16)).astype(np.float16)
    left, right = rng.integers(-1, 300, (2, 2 * BLOCK + 7))
    found = cosines(vectors, left, right)
    for row in (0, 1, BLOCK, 2 * BLOCK + 6):
        if left[row] < 0 or right[row] < 0:
            continue
        a, b = vectors[left[row]].astype(np.float64), vectors[right[row]].astype(np.float64)
        assert found[row] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=6e-5)
    assert (np.isnan(found) == ((left < 0) | (right < 0))).all()


def test_a_text_is_wholly_like_itself() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 512)).astype(np.float16) * 3
    places = np.arange(50)
    assert (cosines(vectors, places, places) == 1).all()


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_vector_without_direction_is_an_error(value: float) -> None:
    vectors = np.array([[1, 0], [value, value]], np.float32)
    with pytest.raises(ValueError, match="zero or not finite"):
        cosines(vectors, np.array([0]), np.array([1]))
