from __future__ import annotations

import numpy as np
import pytest

from prefdata.label_audit.judge.classes import Evidence, classes_of, content_agrees
from prefdata.label_audit.judge.judged import CLASSES


def class_of(
    *,
    p_flip: float = 0.01,
    p_by_controls: float = 0.01,
    content: tuple[float, ...] = (1.0, 1.0),
    margin: float = 2.0,
    spread: float = 0.05,
    views: tuple[float, ...] = (1.0, 1.0, 1.0),
    likely: float = 0.5,
) -> str:
    evidence = Evidence(
        np.array([p_flip]),
        np.array([p_by_controls]),
        np.array(content, np.float32)[:, None],
        np.array([margin]),
        np.array([spread]),
        np.array(views, np.float32)[:, None],
    )
    return CLASSES[classes_of(evidence, likely)[0]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "sound"),
        ({"p_flip": 0.7, "content": (-1, -0.1)}, "likely-flipped"),
        ({"p_flip": 0.7, "content": (-1, -0.1), "likely": 0.8}, "sound"),
        ({"p_flip": 0.5, "p_by_controls": 0.5, "content": (-1, -1)}, "sound"),  # says nothing
        ({"p_flip": 0.7, "content": (-1, 0.1)}, "shortcut-contradicting"),
        ({"p_flip": 0.7, "content": ()}, "shortcut-contradicting"),
        ({"p_flip": 0.2, "p_by_controls": 0.9}, "shortcut-contradicting"),
        ({"p_flip": 0.2, "p_by_controls": 0.9, "content": (-1, -1)}, "sound"),
        ({"p_flip": 0.7, "p_by_controls": 0.9, "content": (-1, -1)}, "likely-flipped"),
        ({"margin": 0.1, "views": (0.1, 0.2, -0.1)}, "ambiguous"),
        ({"margin": -0.1, "views": (0.1, 0.2, -0.1)}, "ambiguous"),
        ({"margin": 0.1, "views": (2.0, -1.0, 0.0)}, "model-uncertain"),
        ({"margin": 1.5, "views": (3.0, -1.0, 0.0)}, "sound"),
        ({"margin": 0.5, "spread": 0.4}, "model-uncertain"),
        ({"margin": 0.1, "spread": 0.4}, "model-uncertain"),
        ({"margin": 1.0, "spread": 0.4}, "sound"),
    ],
)
def test_a_pair_is_of_the_class(given: dict[str, object], expected: str) -> None:
    assert class_of(**given) == expected


def test_every_view_of_the_content_has_a_veto() -> None:
    content = np.array([[-1, -1, 1, 0], [-1, 1, -1, -1]], np.float32)
    assert content_agrees(content).tolist() == [True, False, False, False]
    assert not content_agrees(np.zeros((0, 3), np.float32)).any()
