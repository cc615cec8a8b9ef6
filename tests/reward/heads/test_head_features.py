from __future__ import annotations

import re
from typing import get_args

import numpy as np
import pytest

from prefdata.config.reward import HeadConfig, HeadFeature
from prefdata.errors import DataError
from prefdata.reward.heads.features import FEATURES, PairVectors, width_of

UNITS = np.array([[1, 0, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0]], np.float16)
PAIRS = PairVectors(
    UNITS,
    {
        "prompt": np.array([0, 1]),
        "turn": np.array([0, -1]),
        "chosen": np.array([1, 1]),
        "rejected": np.array([2, 0]),
    },
)


@pytest.mark.parametrize(
    ("name", "chosen", "rejected"),
    [
        ("completion", [1.2, 1.6, 0, 0], [0, 0, 2, 0]),
        ("turn-cosine", [6], [0]),
        ("prompt-cosine", [6], [0]),
        ("turn-product", [2.4, 0, 0, 0], [0, 0, 0, 0]),
        ("prompt-product", [2.4, 0, 0, 0], [0, 0, 0, 0]),
    ],
)
def test_numbers_of_a_side(name: str, chosen: list[float], rejected: list[float]) -> None:
    found = PAIRS.features([name], slice(0, 1))
    assert found.dtype == np.float32 and found.shape == (1, 2, width_of([name], 4))
    assert np.allclose(found[0], [chosen, rejected], atol=2e-3)


def test_features_stand_side_by_side() -> None:
    names = ["turn-cosine", "completion"]
    both = PAIRS.features(names, np.array([0]))
    assert width_of(names, 4) == both.shape[-1] == 5
    assert np.array_equal(both[..., :1], PAIRS.features(names[:1], np.array([0])))


def test_only_what_is_looked_at_has_to_be_there() -> None:
    assert PAIRS.having(["completion", "prompt-cosine"]).tolist() == [True, True]
    assert PAIRS.having(["turn-cosine"]).tolist() == [True, False]
    assert len(PAIRS.only(PAIRS.having(["turn-cosine"]))) == 1


def test_no_number_is_an_error() -> None:
    vectors = UNITS.copy()
    vectors[1, 0] = np.inf
    with pytest.raises(DataError, match="not finite"):
        PairVectors(vectors, PAIRS.index).features(["completion"], slice(0, 1))


def test_config_and_code_know_the_same_features() -> None:
    assert set(get_args(HeadFeature)) == set(FEATURES)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"folds": 1}, "write 0 (none), or 2 and more"),
        ({"folds": 0}, "give head.penalty"),
        ({"features": ("completion", "completion")}, "each is named once"),
        ({"features": ()}, "at least 1 item"),
        ({"kind": "mlp", "members": 1}, "nothing to stop by"),
        ({"features": ("length",)}, "turn-cosine"),
    ],
)
def test_config_refuses(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        HeadConfig.model_validate(given)
