from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prefdata.label_audit.judge.classes import FLIPPED, HeldOutMargins, classes_of, opposed
from prefdata.label_audit.judge.judged import CLASSES


def class_of(
    *, margin: float = 2.0, spread: float = 0.05, views: tuple[float, ...] = (1.0, 1.0, 1.0)
) -> str:
    stacked = np.array([margin]), np.array([spread])
    held_out = HeldOutMargins(*stacked, np.array(views, np.float32)[:, None])
    return CLASSES[classes_of(held_out)[0]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "model-agrees"),
        ({"margin": -2.0, "views": (-1, -1, -1)}, "model-disagrees"),
        ({"margin": -9.0, "views": (-9, -9, -9)}, "model-disagrees"),  # sure, and no verdict
        ({"margin": 0.1, "views": (0.1, 0.2, -0.1)}, "ambiguous"),
        ({"margin": -0.1, "views": (0.1, 0.2, -0.1)}, "ambiguous"),
        ({"margin": 0.1, "views": (2.0, -1.0, 0.0)}, "model-uncertain"),
        ({"margin": -1.0, "views": (2.0, -1.0, 0.0)}, "model-uncertain"),
        ({"margin": 1.5, "views": (3.0, -1.0, 0.0)}, "model-agrees"),
        ({"margin": -1.5, "views": (-3.0, 1.0, 0.0)}, "model-disagrees"),
        ({"margin": 0.5, "spread": 0.4}, "model-uncertain"),
        ({"margin": 0.1, "spread": 0.4}, "model-uncertain"),
        ({"margin": 1.0, "spread": 0.4}, "model-agrees"),
        ({"margin": -1.0, "spread": 0.4, "views": ()}, "model-disagrees"),
    ],
)
def test_a_pair_is_of_the_class(given: dict[str, object], expected: str) -> None:
    assert class_of(**given) == expected


numbers = st.floats(-50, 50)


@given(
    arrays(np.float64, 20, elements=numbers),
    arrays(np.float64, 20, elements=st.floats(0, 9)),
    arrays(np.float32, (2, 20), elements=st.floats(-50, 50, width=32)),
)
def test_models_alone_never_call_a_label_flipped(
    margin: np.ndarray, spread: np.ndarray, views: np.ndarray
) -> None:
    found = classes_of(HeldOutMargins(margin, spread, views))
    assert not (found == FLIPPED).any()
    turned = classes_of(HeldOutMargins(-margin, spread, -views))
    agrees, disagrees = (CLASSES.index(name) for name in ("model-agrees", "model-disagrees"))
    assert ((found == disagrees) == ((turned == agrees) & (margin < 0))).all()


def test_the_view_that_contradicts_most_is_measured() -> None:
    views = np.array([[2.0, 1.0, -3.0], [-0.5, 2.0, 1.0]], np.float32)
    found = opposed(HeldOutMargins(np.array([1.0, 1.0, -1.0]), np.ones(3), views))
    assert found.tolist() == [0.5, 0.0, 1.0]
