from __future__ import annotations

import numpy as np
import pytest
from audit_world import LinearView, world

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.power import ALL, LENGTH, SHUFFLED, expected_auroc, power_of
from prefdata.label_audit.judge.ranking import Ranked, area
from prefdata.label_audit.views.plans import plan_of
from prefdata.label_audit.views.view import JudgingPlan
from prefdata.results.audit import Power

CONFIG = AuditConfig.model_validate({"self_test": {"flips": 0.1, "copies": 3}, "repeats": 1})
EQUAL = (np.full(3000, 9), np.full(3000, 9))


def perfect(plan: JudgingPlan, sharpness: float, seed: int = 0) -> np.ndarray:
    """Margins of models that no planted flip led astray; chance in the null."""
    noise = np.random.default_rng(seed).normal(size=plan.labels.shape)
    noise[:-1] += sharpness
    return noise


def planted_in(sharpness: float) -> tuple[Power, JudgingPlan]:
    groups = np.arange(3000)
    plan = plan_of(groups, CONFIG)
    margins = {ALL: perfect(plan, sharpness)}
    return power_of(margins, plan, groups, EQUAL, CONFIG.self_test), plan


@pytest.mark.parametrize("sharpness", [0.0, 0.5, 1.5])
def test_normal_margins_are_found_as_often_as_the_theory_says(sharpness: float) -> None:
    power, plan = planted_in(sharpness)
    found = power.detections[0]
    assert found.low < power.theory < found.high
    assert found.auroc == pytest.approx(power.theory, abs=0.025)
    assert power.planted == 3 * 300 == (plan.labels[1:-1] < 0).sum()
    assert power.is_enough == (sharpness > 0)


def test_precision_and_recall_at_k() -> None:
    power, _ = planted_in(100.0)
    by_k = {at.k: at for at in power.at_k}
    assert sorted(by_k) == [20, 50, 100, 200, 300, 500, 1000]
    assert (by_k[100].precision, by_k[100].recall) == (1, pytest.approx(1 / 3))
    assert (by_k[300].precision, by_k[300].recall) == (1, 1)
    assert (by_k[1000].precision, by_k[1000].recall) == (pytest.approx(0.3), 1)


@pytest.mark.parametrize("prefers", ["longer", "shorter"])
def test_length_alone_is_learnt_whichever_way_it_points(prefers: str) -> None:
    groups = np.arange(3000)
    plan = plan_of(groups, CONFIG)
    lengths = (np.full(3000, 300), np.full(3000, 200))
    margins = {ALL: perfect(plan, 0.3)}
    ordered = lengths if prefers == "longer" else lengths[::-1]
    power = power_of(margins, plan, groups, ordered, CONFIG.self_test)
    named = {found.name: found for found in power.detections}
    assert list(named) == [ALL, LENGTH, SHUFFLED]
    assert named[LENGTH].auroc == named[LENGTH].average_precision == 1
    assert named[SHUFFLED].auroc == pytest.approx(0.5, abs=0.03)


def test_the_null_is_what_planting_in_labels_without_meaning_gives() -> None:
    data = world(1500, seed=4)
    plan = plan_of(data.groups, CONFIG)
    margins = data.views[1].margins(plan)[:, 0]
    null = power_of({ALL: margins}, plan, data.groups, data.lengths, CONFIG.self_test).detections[
        -1
    ]
    random, labels, found = np.random.default_rng(0), plan.labels[-1], []
    for _ in range(200):
        planted = random.random(1500) < 0.1
        suspicion = -labels * margins[-1] * np.where(planted, -1, 1)
        found.append(area([Ranked(suspicion.astype(np.float64), planted, data.groups)]).value)
    assert null.auroc == pytest.approx(np.mean(found), abs=0.01)
    assert null.average_precision == pytest.approx(0.1, abs=0.02)


def test_few_flips_have_no_interval_and_are_not_enough() -> None:
    config = AuditConfig(repeats=1)
    plan = plan_of(np.arange(60), config)
    lengths = (np.full(60, 9), np.full(60, 9))
    power = power_of({ALL: perfect(plan, 9)}, plan, np.arange(60), lengths, config.self_test)
    first = power.detections[0]
    assert (first.auroc, first.low, first.absent) == (
        1,
        None,
        "no interval: 9 flips were planted, 20 are needed",
    )
    assert not power.is_enough


@pytest.mark.parametrize(
    ("accuracy", "found"), [(0.65, 0.71), (0.8, 0.88), (0.9, 0.97), (0.5, 0.5)]
)
def test_the_theory(accuracy: float, found: float) -> None:
    assert expected_auroc(accuracy) == pytest.approx(found, abs=0.006)


def test_the_theory_is_silent_at_the_ends() -> None:
    assert expected_auroc(0.0) is expected_auroc(1.0) is None


def test_views_know_nothing_of_shuffled_labels() -> None:
    """Over seeds: the null is chance, not less than chance, and not more."""
    found = []
    for seed in range(12):
        data = world(1200, group=1, seed=seed)
        plan = plan_of(data.groups, CONFIG.model_copy(update={"seed": seed}))
        view: LinearView = data.views[1]
        margins = {ALL: view.margins(plan)[:, 0]}
        power = power_of(margins, plan, data.groups, data.lengths, CONFIG.self_test)
        found.append(power.detections[-1].auroc)
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)
