"""The brute force that recall is held against leaves nothing out."""

from __future__ import annotations

import importlib
import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def brute_force(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("brute_force")


def drawn(seed: int, count: int) -> list[tuple[frozenset[int], ...]]:
    """Few elements, so that many sets are alike, some equal and some empty."""
    pick = random.Random(seed)
    sets = [frozenset(pick.sample(range(7), pick.randrange(5))) for _ in range(12)]
    return [(pick.choice(sets), pick.choice(sets), pick.choice(sets)) for _ in range(count)]


@pytest.mark.parametrize("threshold", [0.3, 0.7, 1.0])
def test_every_pair_is_looked_at(brute_force: Any, threshold: float) -> None:
    rows = drawn(1, 700)  # more than a block
    pairs = list(combinations(range(len(rows)), 2))
    alike = {(a, b): brute_force.alikeness(rows[a], rows[b]) for a, b in pairs}
    expected = {pair: found for pair, found in alike.items() if found.similarity >= threshold}
    assert expected
    assert brute_force.true_pairs(rows, threshold) == expected


def test_the_better_way_round_counts(brute_force: Any) -> None:
    one, two, near = frozenset({1, 2, 3}), frozenset({7, 8}), frozenset({1, 2, 3, 4})
    prompt = frozenset({5})
    crossed = brute_force.alikeness((prompt, one, two), (prompt, two, near))
    assert (crossed.similarity, crossed.crossed) == (0.75, True)
    direct = brute_force.alikeness((prompt, one, one), (prompt, one, one))
    assert (direct.similarity, direct.crossed) == (1.0, False)
    other = brute_force.alikeness((prompt, one, two), (frozenset({6}), one, two))
    assert other.similarity == 0.0
