from __future__ import annotations

import numpy as np
import pytest

from prefdata.transforms.semantic.outliers import outlier_scores


def test_is_the_mean_similarity_to_the_nearest_other_prompts() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(50, 12)).astype(np.float16)
    prompts = rng.integers(-1, 30, 200)
    found = outlier_scores(vectors, prompts, 4, exact_rows=1000)
    whole = vectors.astype(np.float64)
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    different = np.unique(prompts[prompts >= 0])
    for row, prompt in enumerate(prompts):
        if prompt < 0:
            assert np.isnan(found.values[row])
            continue
        similar = sorted(whole[at] @ whole[prompt] for at in different if at != prompt)
        assert found.values[row] == pytest.approx(np.mean(similar[-4:]), abs=1e-3)
    assert found.recall is None


def test_the_odd_one_is_the_farthest_out() -> None:
    rng = np.random.default_rng(0)
    crowd = np.array([1, 0, 0, 0]) + rng.normal(size=(60, 4)) / 10
    vectors = np.vstack([crowd, [[0, 0, 0, 1]]]).astype(np.float32)
    values = outlier_scores(vectors, np.arange(61), 10, exact_rows=100).values
    assert values.argmin() == 60
    assert values[60] < 0.5 < values[:60].min()


@pytest.mark.parametrize("prompts", [[], [-1, -1], [0, 1, 2, 2]])
def test_too_few_prompts_are_not_judged(prompts: list[int]) -> None:
    found = outlier_scores(
        np.eye(3, dtype=np.float32), np.array(prompts, np.int64), 3, exact_rows=10
    )
    assert len(found.values) == len(prompts)
    assert np.isnan(found.values).all()
