from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from audit_world import world
from diagnosed import controls_of, facts_of, judged_world, no_controls

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.judge.small_fit import held_out
from prefdata.label_audit.report.shortcuts import shortcuts
from prefdata.results.audit import Shortcut
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.texts.controls import Controls

PAIRS = 1500
CONFIG = AuditConfig(repeats=1)


@pytest.fixture(scope="module")
def judged() -> Judged:
    return judged_world(CONFIG, pairs=PAIRS)[0]


def by_name(judged: Judged, controls: Controls, **known: Any) -> dict[str, Shortcut]:
    facts = facts_of(world(PAIRS), **known)
    found = shortcuts(judged, facts, controls, CONFIG, ("ngrams",))
    return {each.name: each for each in found}


def drawn(share: float, seed: int = 0, known: float = 1.0) -> np.ndarray:
    """1 in a share of the pairs where a control differs, else -1; 0 where it does not."""
    random = np.random.default_rng(seed)
    signs = np.where(random.random(PAIRS) < share, 1.0, -1.0)
    return signs * (random.random(PAIRS) < known)


def test_what_a_family_alone_predicts_is_found_with_its_direction(judged: Judged) -> None:
    columns = {"length": drawn(0.7), "refusal": drawn(0.1, 1, 0.2), "model": drawn(0.5, 2)}
    chosen = np.where(columns["length"] > 0, 300, 200)
    lengths = (chosen, 500 - chosen)
    found = by_name(judged, controls_of(**columns), lengths=lengths)
    share = (columns["length"] > 0).mean()
    assert found["length"].accuracy.value == pytest.approx(share, abs=1e-5)
    assert f"the longer completion is chosen in {share:.0%} of the 1,500" in found["length"].says
    refused = columns["refusal"][columns["refusal"] != 0]
    differ, right = len(refused), (refused < 0).sum()
    assert found["refusal"].accuracy.value == pytest.approx(
        (right + (PAIRS - differ) / 2) / PAIRS, abs=1e-5
    )
    assert f"{(refused > 0).mean():.0%} of the {differ:,} pairs" in found["refusal"].says
    model = found["model"].accuracy
    assert model.low is not None
    assert model.high is not None
    assert model.low < 0.5 < model.high


def test_position_is_the_rule_itself_not_turned(judged: Judged) -> None:
    position = drawn(0.3, known=0.5)
    found = by_name(judged, controls_of(position=position))["position"]
    assert found.accuracy.value == pytest.approx((1 + position.mean()) / 2, abs=1e-5)
    share = (position > 0).sum() / (position != 0).sum()
    assert found.says.startswith(f"the completion shown first is chosen in {share:.0%} of")


def test_absent_families_say_why(judged: Judged) -> None:
    controls = replace(no_controls(PAIRS), remarks={"constant-position": "always first"})
    found = by_name(judged, controls)
    assert list(found) == [
        *("length", "position", "format", "source", "refusal", "model", "prompt-blind")
    ]
    for name in list(found)[:-1]:
        assert found[name].accuracy.value is None
        assert found[name].accuracy.absent == found[name].says
    assert found["position"].says == "always first"


def test_prompt_blind_is_the_best_of_the_views_that_are(judged: Judged) -> None:
    facts = facts_of(world(PAIRS))
    own = {
        name: (judged.margins[place].mean(axis=0) > 0).mean()
        for place, name in enumerate(judged.names)
    }
    for blind in [("ngrams",), ("embeddings",), ("ngrams", "embeddings")]:
        found = shortcuts(judged, facts, no_controls(PAIRS), CONFIG, blind)[-1]
        assert found.accuracy.value == pytest.approx(max(own[name] for name in blind), abs=1e-6)
    assert shortcuts(judged, facts, no_controls(PAIRS), CONFIG, ())[-1].accuracy.value is None


def by_newton(columns: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression with all labels 1 and a unit ridge."""
    weights = np.zeros(columns.shape[1])
    for _ in range(50):
        wrong = 1 / (1 + np.exp(columns @ weights))
        bend = (columns.T * (wrong * (1 - wrong))) @ columns + np.eye(len(weights))
        weights -= np.linalg.solve(bend, weights - columns.T @ wrong)
    return weights


def test_the_fit_is_that_of_newtons_method_across_the_same_folds() -> None:
    random = np.random.default_rng(0)
    pairs = 400
    values = random.normal(size=(pairs, 5)) * [1, 10, 0.01, 1, 0]
    values[:, 3] = values[:, 0] + 1e-3 * random.normal(size=pairs)  # says nearly the same
    values[random.random(pairs) < 0.6] *= -1
    groups = random.integers(0, 90, pairs)
    folds = grouped_folds(groups, 4, 3)
    columns = values / np.maximum(np.sqrt(np.square(values).mean(axis=0)), 1e-9)
    slow = np.zeros(pairs)
    for fold in range(4):
        slow[folds == fold] = columns[folds == fold] @ by_newton(columns[folds != fold])
    assert held_out(values, groups, 4, 3) == pytest.approx(slow, abs=1e-3)


def test_few_groups_and_no_columns_are_no_trouble() -> None:
    values = np.ones((4, 1))
    assert held_out(values, np.array([5, 5, 5, 5]), 5, 0).tolist() == [0, 0, 0, 0]
    assert (held_out(values, np.array([5, 5, 7, 7]), 5, 0) > 0).all()
    assert held_out(values[:, :0], np.arange(4), 2, 0).tolist() == [0, 0, 0, 0]


def test_a_label_of_its_own_group_does_not_reach_a_pair() -> None:
    random = np.random.default_rng(1)
    values, groups = random.normal(size=(200, 3)), np.arange(200) // 2
    turned = np.where(groups == 7, -1.0, 1.0)[:, None]
    before, after = (held_out(each, groups, 5, 0) for each in (values, values * turned))
    own = groups == 7
    assert after[own] == pytest.approx(-before[own], rel=1e-3)
