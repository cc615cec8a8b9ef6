"""Ways to aggregate and estimated reliabilities, on judges that the benchmark simulates."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("judges")


def test_simulated_judges_are_as_right_as_they_are_said_to_be(judges: Any) -> None:
    known = judges.simulated(1, prompts=4000, judges=10, votes_each=5)
    votes = known.votes
    is_right = votes.side == known.side[votes.item]
    found = np.bincount(votes.judge, is_right, 10) / np.bincount(votes.judge)
    assert np.abs(found - known.right).max() < 0.05
    assert known.kind.tolist() == [0] * 7 + [1] * 2 + [2]


@pytest.mark.parametrize("case", [{}, {"votes_each": 5}, {"completions": 4}, {"ties": 0.2}])
def test_estimates_beat_the_majority_and_see_who_is_reliable(
    judges: Any, case: dict[str, Any]
) -> None:
    runs = [judges.measured({"prompts": 500} | case, seed) for seed in (0, 1)]
    numbers = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    for way in ("dawid-skene", "bradley-terry"):
        assert numbers[f"{way} accuracy"] > numbers["majority accuracy"] - 0.005
        assert numbers[f"{way} correlation"] > 0.65
        assert numbers[f"{way} error"] < numbers["with others error"] + 0.02
        assert numbers[f"{way} error"] < 0.09
    assert numbers["converged"] == 1
    assert numbers["for first, lazy"] > 0.9 > numbers["for first, biased"] > 0.55
    assert abs(numbers["for first, careful"] - 0.5) < 0.06


def test_several_completions_help_bradley_terry(judges: Any) -> None:
    numbers = judges.measured({"prompts": 120, "completions": 6, "votes_each": 2}, 0)
    assert numbers["bradley-terry accuracy"] > numbers["majority accuracy"] + 0.06
    assert numbers["bradley-terry accuracy"] > numbers["dawid-skene accuracy"] + 0.02


def test_the_table_has_a_line_for_each_case(judges: Any) -> None:
    numbers = judges.measured({"prompts": 30}, 0)
    lines = list(judges.table({"one": numbers, "other": numbers}))
    assert len(lines) == 4
    assert lines[2].startswith("| one | ")
