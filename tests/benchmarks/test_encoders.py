from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from encoders import area, recall
from paraphrases import ITEMS


def test_recall_counts_ties_and_missing_embeddings_against_the_encoder() -> None:
    assert recall(np.eye(3, dtype=np.float32)) == (1.0, 1.0)
    tied = np.array([[1, 1], [0, 1]], np.float32)
    assert recall(tied) == (0.5, 0.75)
    assert recall(np.full((2, 2), np.nan, np.float32)) == (0.0, 0.5)


@pytest.mark.parametrize(("high", "low", "expected"), [([2, 3], [1], 1), ([1], [1], 0.5)])
def test_area(high: list[int], low: list[int], expected: float) -> None:
    assert area(np.array(high, np.float32), np.array(low, np.float32)) == expected


def test_every_sentence_is_there_once() -> None:
    sentences = list(chain.from_iterable(saying for item in ITEMS for saying in item))
    assert len(ITEMS) == 40
    assert len(set(sentences)) == 240
