from __future__ import annotations

import numpy as np
import pytest

from prefdata.config.semantic import ContrastConfig
from prefdata.transforms.semantic.contrast import hidden_contrast
from prefdata.transforms.semantic.cosines import cosines
from prefdata.transforms.semantic.threshold import decide

CONFIG = ContrastConfig()
LONG = "Wash the leaves, cut them up and let them dry on a plate. " * 8


@pytest.mark.parametrize(
    ("chosen", "rejected", "said"),
    [
        ("It is near.", "It is close by.", None),
        ("Same.", "Same.", None),
        ("🙂", "🙂", None),
        ("🙂", "🙃", "one has no words"),
        ("It is 5 km.", "It is 6 km.", "their numbers differ"),
        ("A rather short answer.", "A rather short answer, and then more.", "one is much longer"),
        (LONG, LONG[: len(LONG) // 2], "one is much longer"),
        (LONG, LONG.replace("plate", "tray"), None),
        (LONG, "Put all that you have picked in water, chop it, then wait for a day. " * 7,
         "their words differ"),
    ],
)  # fmt: skip
def test_what_embeddings_hide(chosen: str, rejected: str, said: str | None) -> None:
    assert hidden_contrast(chosen, rejected, CONFIG) == said
    assert hidden_contrast(rejected, chosen, CONFIG) == said


def test_a_long_pair_is_judged_by_the_config() -> None:
    loose = ContrastConfig(shared=0.0)
    other = LONG.replace("Wash the leaves, cut them up", "Rinse all herbs, chop those finely")
    assert hidden_contrast(LONG, other, CONFIG) == "their words differ"
    assert hidden_contrast(LONG, other, loose) is None
    assert hidden_contrast(LONG, other, ContrastConfig(long=1000)) is None


def test_pairs_that_look_alike_go_unless_their_wording_differs() -> None:
    pairs = [("Take 5.", "Take 9."), ("You're welcome!", "You're welcome."), ("Yes", "No idea"),
             ("Go on", "Go on, please")]  # fmt: skip
    vectors = np.array([[1, 0], [0.99, 0.1], [0.6, 0.8], [0, 1]], np.float16)
    chosen, rejected = np.array([0, 0, 0, 0]), np.array([1, 2, 3, -1])
    values = cosines(vectors, chosen, rejected)
    assert values.tolist()[:2] == [pytest.approx(0.9949, abs=2e-4), pytest.approx(0.6, abs=2e-3)]
    assert np.isnan(values[3])

    def spare(rows: np.ndarray) -> np.ndarray:
        return np.array([hidden_contrast(*pairs[row], CONFIG) is not None for row in rows])

    found = decide(values, 0.59, "above", spare)
    assert found.is_taken.tolist() == [False, True, False, False]
    assert found.is_spared.tolist() == [True, False, False, False]
