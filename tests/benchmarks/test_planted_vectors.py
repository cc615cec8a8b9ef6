"""The long way that recall among vectors is held against, and the vectors that are made up."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefdata.transforms.semantic.leaders import leaders

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("planted_vectors")


def test_what_is_planted_is_found_the_long_way_and_the_short(planted: Any, tmp_path: Path) -> None:
    vectors = planted.planted_vectors(3000, 64)
    np.save(tmp_path / "v.npy", vectors)
    rows = np.arange(3000)
    slow = planted.every_pair(tmp_path / "v.npy", 0.9)
    assert 100 < (slow != rows).sum() < 600  # a fifth of the rows, a third of them above .9
    found = leaders(vectors, [rows], 0.9, exact_rows=3000)
    assert (found.representatives == slow).mean() > 0.999  # but for rounding


def test_the_same_seed_gives_the_same_vectors(planted: Any) -> None:
    made = planted.planted_vectors(100, 16)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert np.array_equal(made, planted.planted_vectors(100, 16))
    assert not np.array_equal(made, planted.planted_vectors(100, 16, seed=1))
