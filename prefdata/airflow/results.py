"""What a command printed with --json, cut down to what other tasks want to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Found = Mapping[str, Any]


def of_manifest(found: Found) -> dict[str, Any]:
    """Of `build`, `dedupe` and `embed-filter`: a manifest."""
    counts = found["counts"]
    short = {name: counts[name] for name in ("read", "kept", "quarantined", "dropped")}
    short |= {"flagged": counts["flagged"], "splits": counts["splits"]}
    audit = found.get("audit")
    if audit:
        short["audit"] = {
            name: audit[name]
            for name in ("pairs", "accuracy", "auroc", "is_judged", "likely_flipped")
        }
    return {"fingerprint": found["fingerprint"], **short}


def of_validation(found: Found) -> dict[str, Any]:
    """Of `validate`: how often each rule fired, and at which level."""
    findings = found["findings"]
    levels = {
        level: {one["code"]: one["rows"] for one in findings if one["level"] == level}
        for level in ("error", "warning")
    }
    return {
        "rows": found["rows"],
        "records": found["records"],
        "errors": sum(levels["error"].values()),
        "by_rule": levels["error"],
        "warnings": levels["warning"],
    }


def of_audit(found: Found) -> dict[str, Any]:
    """Of `audit`: without models for want of pairs, what is about labels is null."""
    labels = found["labels"] or {}
    accuracy = labels.get("accuracy") or {}
    return {
        "fingerprint": found["fingerprint"],
        **{name: found["counts"][name] for name in ("read", "kept", "quarantined", "dropped")},
        "pairs": labels.get("pairs"),
        "accuracy": accuracy.get("value"),
        "is_judged": labels.get("is_judged"),
        "labels": labels.get("classes"),
    }


def of_training(found: Found) -> dict[str, Any]:
    """Of `train`; the accuracy is that of pairs that the model never saw."""
    measured = [found[name]["accuracy"] for name in ("held_out", "cross_validated") if found[name]]
    return {
        "fingerprint": found["fingerprint"],
        "kind": found["kind"],
        **{name: found["data"][name] for name in ("read", "trained", "held_out", "dropped")},
        "quarantined": found["data"]["quarantined"],
        "accuracy": next((each["value"] for each in measured if each["value"] is not None), None),
    }


def of_gate(found: Found) -> dict[str, Any]:
    """Of `gate`: which criteria hold, and what is said of those that do not."""
    return {
        "passes": found["passes"],
        "criteria": {one["name"]: one["holds"] for one in found["criteria"]},
        "failing": [
            f"{one['name']}: {one['says']}. {one['to_do']}".strip()
            for one in found["criteria"]
            if not one["holds"]
        ],
    }


def of_publication(found: Found) -> dict[str, Any]:
    """Of `push`."""
    counts = found["counts"]
    names = ("target", "fingerprint", "commit", "url", "branch", "tag", "is_new", "bytes_sent")
    return {
        **{name: found[name] for name in names},
        "commits": len(found["commits"]),
        "read": counts["read"],
        "kept": counts["kept"],
        "splits": counts["splits"],
        "remarks": found["remarks"],
    }


SHORT: dict[str, Callable[[Found], dict[str, Any]]] = {
    "validate": of_validation,
    "build": of_manifest,
    "dedupe": of_manifest,
    "embed-filter": of_manifest,
    "audit": of_audit,
    "train": of_training,
    "gate": of_gate,
    "push": of_publication,
}
"""What becomes of the result of a command."""


def said(result: Mapping[str, Any]) -> str:
    """A result in one line, for a log.

    >>> said({"kept": 12345, "dropped": {"near-duplicate": 2}, "audit": None, "passes": True})
    'kept 12,345, dropped: near-duplicate 2, passes yes'
    """
    parts = []
    for name, value in result.items():
        if isinstance(value, Mapping):
            inner = said(value)
            parts += [f"{name}: {inner}"] if inner else []
        elif isinstance(value, bool):
            parts.append(f"{name} {'yes' if value else 'no'}")
        elif isinstance(value, int):
            parts.append(f"{name} {value:,}")
        elif isinstance(value, list):
            parts += [f"{name}: {'; '.join(map(str, value))}"] if value else []
        elif value is not None:
            parts.append(f"{name} {value}")
    return ", ".join(parts)
