"""What the benchmark of the audit plants is what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ROW = {"instruction": "q", "output_1": "x" * 90, "generator_1": "base"}


@pytest.fixture(autouse=True)
def _paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS.parent / "tests" / "audit"))


def judged(preference: float, output: str, instruction: str = "q") -> dict[str, Any]:
    return {**ROW, "output_2": output, "preference": preference, "instruction": instruction}


def test_decided_rows_are_away_from_a_tie() -> None:
    from audit_sets import decided

    rows = [judged(preference, "a") for preference in (1.0, 1.29, 1.31, 1.5, 1.69, 1.71, 2.0)]
    assert [row["preference"] for row in decided(rows)] == [1.0, 1.29, 1.71, 2.0]


def test_models_are_compared_within_a_prompt_where_they_differ_in_quality_but_not_in_length() -> (
    None
):
    from audit_sets import model_against_model

    rows = [
        judged(1.9, "b" * 80),
        judged(1.1, "w" * 100),
        judged(1.0, "short" * 2),  # not matched in length
        judged(1.8, "c" * 100),  # as good as the first
        judged(1.0, "z" * 80, instruction="other"),
    ]
    found = [(row["chosen"][0], row["rejected"][0]) for row in model_against_model(rows)]
    assert found == [("b", "w"), ("c", "w")]


def test_rows_that_come_again_are_other_rows_with_other_prompts() -> None:
    from audit_sets import repeated

    rows = [judged(1.0, "one two three four five " * 20, "p"), judged(2.0, "six " * 90, "q")]
    found = list(repeated(rows, 6, seed=0))
    assert found[:2] == rows
    assert len({row["instruction"] for row in found}) == 6
    assert len({row["output_2"] for row in found}) == 6
    words = [len(row["output_2"].split()) for row in found]
    assert all(0.75 < other / one < 0.98 for one, other in zip(words[:2], words[2:4], strict=True))


def test_a_turned_view_is_the_view_of_turned_data() -> None:
    from audit_turned import Turned, coins
    from audit_world import LinearView, world

    from prefdata.config.audit import AuditConfig
    from prefdata.label_audit.views.plans import plan_of

    data = world(600)
    plan = plan_of(data.groups, AuditConfig())
    turn = coins(600, 3)
    view = data.views[1]
    expected = LinearView("ngrams", view.columns * turn).margins(plan)
    assert Turned(view, turn).margins(plan) == pytest.approx(expected, abs=1e-4)
    assert 0.4 < np.mean(turn > 0) < 0.6
