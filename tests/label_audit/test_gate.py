"""Limits of the gate, against reports whose numbers are set one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.gate import GateConfig
from prefdata.label_audit.gate import gate_of
from prefdata.results.audit import AuditReport
from prefdata.results.gate import Gate
from prefdata.results.manifest import Manifest

PRINT = "0" * 32


def estimate(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    return {"pairs": 200, "groups": 180, "value": value, "low": low, "high": high}


def null(value: float) -> dict[str, Any]:
    return {**estimate(value, None, None), "loss": 0.69, "made": "somehow"}


def labels(**more: Any) -> dict[str, Any]:
    power = {
        "flips": 0.05, "copies": 3, "planted": 30, "at_k": [], "theory": 0.8, "at_least": 0.6,
        "is_enough": True,
        "detections": [
            {"name": "all", "auroc": 0.8, "low": 0.7, "high": 0.9, "average_precision": 0.4,
             "absent": None}
        ],
    }  # fmt: skip
    calibration = dict.fromkeys(("ece", "ece_by_chance", "brier", "confidence"), 0.1)
    return {
        "pairs": 200, "groups": 180, "accuracy": estimate(0.75, 0.7, 0.8),
        "baselines": [null(0.5), null(0.6), null(0.51)], "views": [], "margins": [],
        "calibration": {**calibration, "bins": []},
        "claims": None, "power": power, "is_judged": True,
        "classes": {"model-agrees": 190, "model-disagrees": 10}, "shortcuts": [], "slices": [],
        "suspects": [], **more,
    }  # fmt: skip


def detection(low: float | None) -> dict[str, Any]:
    power = labels()["power"]
    return {**power, "detections": [{**power["detections"][0], "low": low}]}


def judged(
    config: GateConfig | None = None,
    counts: dict[str, Any] | None = None,
    audit: dict[str, Any] | None = None,
    reviewed: dict[str, Any] | None = None,
    manifest_counts: dict[str, Any] | None = None,
    **more: Any,
) -> Gate:
    whole = {"read": 300, "kept": 200, "quarantined": 0, "dropped": {"tie": 100}, **(counts or {})}
    report = AuditReport.model_validate(
        {
            "title": "t", "counts": whole, "sources": [], "issues": [], "alike": [],
            "alike_rows": {}, "lengths": [], "languages": [], "labels": labels(**more),
            "reviewed": reviewed, "versions": {}, "config": {}, "fingerprint": PRINT,
        }
    )  # fmt: skip
    entry = {"fingerprint": PRINT, "pairs": 200, "accuracy": 0.75, "auroc": 0.8, "is_judged": True}
    manifest = Manifest.model_validate(
        {
            "fingerprint": PRINT, "versions": {}, "sources": [], "files": [], "audit": entry,
            "counts": manifest_counts or whole,
            "config": {"audit": {"run": True, "action": "flag", "top": None, **(audit or {})}},
        }
    )  # fmt: skip
    return gate_of(manifest, report, config or GateConfig())


def test_without_answers_a_gate_says_that_nobody_knows() -> None:
    by_name = {each.name: each for each in judged().criteria}
    assert "unknown: nobody has read" in by_name["flipped"].says
    assert (by_name["flipped"].value, by_name["flipped"].holds) == (None, True)
    told = {each.name: each for each in judged(reviewed=review(0.3, 0.2)).criteria}["flipped"]
    assert (told.value, told.limit) == (0.2, 0.05)
    assert "by 50 answers of people 20.0% to 90.0% of the labels are wrong" in told.says


def failing(found: Gate) -> set[str]:
    return {each.name for each in found.failing}


def review(value: float, low: float) -> dict[str, Any]:
    rate = {"value": value, "low": low, "high": 0.9}
    return {"file": "r.csv", "rows": 50, "decisions": {}, "flip_rate": rate}


def without(reason: str) -> dict[str, Any]:
    """Counts of a build that dropped ten more rows, for a reason."""
    return {"kept": 190, "dropped": {"tie": 100, reason: 10}}


UNREAD = {"file": "r.csv", "rows": 3, "decisions": {}, "flip_rate": None}
"""Somebody read rows, but none that were drawn at random."""
UNJUDGED: dict[str, Any] = {"is_judged": False, "classes": {}}


@pytest.mark.parametrize(
    ("said", "limits", "expected"),
    [
        ({}, {}, set()),
        ({}, {"accuracy": 0.71}, {"accuracy"}),
        ({}, {"accuracy": 0.7, "auroc": 0.7, "kept": 2 / 3}, set()),
        ({}, {"auroc": 0.71}, {"self-test"}),
        ({}, {"auroc": 0.71, "allow_unjudged": True}, {"self-test"}),
        ({}, {"kept": 0.7}, {"kept"}),
        # no better than length, than a coin, or not known to be
        ({"accuracy": estimate(0.65, 0.6, 0.7)}, {}, {"accuracy"}),
        ({"accuracy": estimate(0.65, 0.6, 0.7)}, {"accuracy": 0.5}, set()),
        ({"accuracy": estimate(None, None, None)}, {}, {"accuracy"}),
        ({"baselines": [null(0.5), null(0.51), null(0.72)]}, {}, {"accuracy"}),
        # single labels that could not be judged
        (UNJUDGED, {}, {"self-test"}),
        (UNJUDGED, {"allow_unjudged": True}, set()),
        ({**UNJUDGED, "power": detection(0.5)}, {"allow_unjudged": True}, set()),
        ({"power": detection(None)}, {}, {"self-test"}),
        # people: nobody knows the share of wrong labels without them, which is no fault of the data
        ({}, {"flipped": 0.9}, {"flipped"}),
        ({"reviewed": UNREAD}, {}, set()),
        ({"reviewed": UNREAD}, {"flipped": 0.9}, {"flipped"}),
        ({"reviewed": review(0.3, 0.2)}, {}, {"flipped"}),
        ({"reviewed": review(0.3, 0.2)}, {"flipped": 0.199}, {"flipped"}),
        ({"reviewed": review(0.3, 0.2)}, {"flipped": 0.2}, set()),
        ({"reviewed": review(0.08, 0.03)}, {}, set()),
        ({**UNJUDGED, "reviewed": review(0.3, 0.2)}, {"allow_unjudged": True}, {"flipped"}),
        # rows that a build dropped after it had audited them
        ({"counts": without("suspected")}, {}, set()),
        ({"counts": without("reviewed-drop")}, {}, set()),
        ({"counts": without("reviewed-flip")}, {}, set()),
        ({"counts": without("duplicate-pair")}, {}, {"audit"}),
        # an audit of something else
        ({"manifest_counts": {"read": 300, "kept": 150, "quarantined": 150}}, {}, {"audit"}),
        ({"pairs": 120}, {"allow_unaudited": True, "allow_unjudged": True}, {"audit"}),
    ],
)  # fmt: skip
def test_what_holds(said: dict[str, Any], limits: dict[str, Any], expected: set[str]) -> None:
    found = judged(GateConfig(**limits), **said)
    assert failing(found) == expected
    assert found.passes is (not expected)
    assert all(each.to_do for each in found.failing)


def test_a_report_of_other_rows_says_what_differs() -> None:
    counts = {"read": 400, "kept": 300, "quarantined": 0, "dropped": {"tie": 100}}
    [says] = [each.says for each in judged(manifest_counts=counts).criteria if not each.holds]
    assert "300 read = 200 kept + 100 dropped" in says
    assert "400 read = 300 kept + 100 dropped" in says


@pytest.mark.parametrize(
    ("labelled", "allowed", "passes"),
    [(None, False, False), (None, True, True), ("lost", False, False), ("lost", True, False)],
)
def test_no_audit(labelled: str | None, allowed: bool, passes: bool) -> None:
    counts = {"read": 10, "kept": 10, "quarantined": 0}
    manifest = Manifest.model_validate(
        {"fingerprint": PRINT, "versions": {}, "sources": [], "files": [], "counts": counts,
         "config": {}}
    )  # fmt: skip
    config = GateConfig(allow_unaudited=allowed)
    assert gate_of(manifest, None, config, why_not=labelled or "").passes is passes


def test_nothing_kept_is_never_published() -> None:
    counts = {"read": 0, "kept": 0, "quarantined": 0, "dropped": {}}
    assert "kept" in failing(judged(GateConfig(kept=0.0), counts=counts, pairs=0))


ratios = st.floats(0, 1)


@given(ratios, ratios, ratios, ratios, ratios, ratios)
def test_a_looser_limit_never_lets_less_through(
    flipped: float, accuracy: float, kept: float, more: float, less: float, auroc: float
) -> None:
    strict = GateConfig(flipped=flipped, accuracy=accuracy, kept=kept, auroc=auroc)
    loose = GateConfig(
        flipped=max(flipped, more),
        accuracy=min(accuracy, less),
        kept=min(kept, less),
        auroc=min(auroc, less),
        allow_unjudged=True,
    )
    for said in (None, review(0.4, 0.3)):
        assert failing(judged(loose, reviewed=said)) <= failing(judged(strict, reviewed=said))
