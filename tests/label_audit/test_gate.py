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
        "precision_at_k": [],
        "calibration": {**calibration, "bins": []},
        "prior": {"low": 0, "high": 0.1, "made": "somehow"}, "power": power, "is_judged": True,
        "classes": {"sound": 190, "likely-flipped": 10}, "shortcuts": [], "slices": [],
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


def failing(found: Gate) -> set[str]:
    return {each.name for each in found.failing}


def review(value: float, low: float) -> dict[str, Any]:
    rate = estimate(value, low, 0.9)
    return {"file": "r.csv", "rows": 50, "decisions": {}, "flip_rate": rate}


def without(flipped: int) -> dict[str, Any]:
    """Counts of a build that dropped so many likely flips."""
    dropped = {"tie": 100, "likely-flipped": flipped}
    return {"kept": 200 - flipped, "dropped": dropped}


DECIDED = {"review": {"decisions": "review.csv"}}
TWO_FLAGGED = {"flagged": {"likely-flipped": 2}}
UNJUDGED: dict[str, Any] = {"is_judged": False, "classes": {}}


@pytest.mark.parametrize(
    ("said", "limits", "expected"),
    [
        ({}, {}, set()),
        ({}, {"flipped": 0.049}, {"flipped"}),
        ({}, {"flipped": 0.05}, set()),
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
        (UNJUDGED, {}, {"self-test", "flipped"}),
        (UNJUDGED, {"allow_unjudged": True}, set()),
        ({**UNJUDGED, "power": detection(0.5)}, {"allow_unjudged": True}, set()),
        ({"power": detection(None)}, {}, {"self-test"}),
        # people
        ({"reviewed": review(0.3, 0.2)}, {}, {"reviewed"}),
        ({"reviewed": review(0.3, 0.2)}, {"flipped": 0.2}, set()),
        ({"reviewed": review(0.08, 0.03)}, {}, set()),
        # flips that the build dropped, or that people kept
        ({"counts": without(10)}, {"flipped": 0.0}, set()),
        ({"counts": without(5)}, {"flipped": 0.02}, {"flipped"}),
        ({"audit": DECIDED, "counts": TWO_FLAGGED}, {"flipped": 0.01}, set()),
        ({"audit": DECIDED}, {"flipped": 0.0}, set()),
        ({"audit": {**DECIDED, "top": 3}}, {"flipped": 0.01}, {"flipped"}),
        ({"audit": {**DECIDED, "action": "off"}}, {"flipped": 0.01}, {"flipped"}),
        ({"counts": TWO_FLAGGED}, {"flipped": 0.01}, {"flipped"}),
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
    assert failing(judged(loose)) <= failing(judged(strict))
