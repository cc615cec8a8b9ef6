"""Shortens the --json output of a command to the dict that its task returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Found = Mapping[str, Any]


def of_manifest(result: Found) -> dict[str, Any]:
    """The short result of `build`, `dedupe` and `embed-filter`, from a manifest."""
    counts = result["counts"]
    short = {name: counts[name] for name in ("read", "kept", "quarantined", "dropped")}
    short |= {"flagged": counts["flagged"], "splits": counts["splits"]}
    audit = result.get("audit")
    if audit:
        short["audit"] = {
            name: audit[name]
            for name in ("pairs", "accuracy", "auroc", "is_judged", "likely_flipped", "wrong")
        }
    return {"fingerprint": result["fingerprint"], **short}


def of_validation(result: Found) -> dict[str, Any]:
    """The short result of `validate`: rows by rule code, for errors and for warnings."""
    findings = result["findings"]
    levels = {
        level: {
            finding["code"]: finding["rows"] for finding in findings if finding["level"] == level
        }
        for level in ("error", "warning")
    }
    return {
        "rows": result["rows"],
        "records": result["records"],
        "errors": sum(levels["error"].values()),
        "by_rule": levels["error"],
        "warnings": levels["warning"],
    }


def of_audit(result: Found) -> dict[str, Any]:
    """The short result of `audit`; values about labels are None if no model was trained."""
    labels = result["labels"] or {}
    accuracy = labels.get("accuracy") or {}
    return {
        "fingerprint": result["fingerprint"],
        **{name: result["counts"][name] for name in ("read", "kept", "quarantined", "dropped")},
        "pairs": labels.get("pairs"),
        "accuracy": accuracy.get("value"),
        "is_judged": labels.get("is_judged"),
        "labels": labels.get("classes"),
    }


def of_training(result: Found) -> dict[str, Any]:
    """The short result of `train`; `accuracy` is held-out, else cross-validated, else None."""
    measured = [
        result[name]["accuracy"] for name in ("held_out", "cross_validated") if result[name]
    ]
    return {
        "fingerprint": result["fingerprint"],
        "kind": result["kind"],
        **{name: result["data"][name] for name in ("read", "trained", "held_out", "dropped")},
        "quarantined": result["data"]["quarantined"],
        "accuracy": next(
            (accuracy["value"] for accuracy in measured if accuracy["value"] is not None), None
        ),
    }


def of_gate(result: Found) -> dict[str, Any]:
    """The short result of `gate`: which criteria hold, and a sentence for each failing one."""
    return {
        "passes": result["passes"],
        "criteria": {criterion["name"]: criterion["holds"] for criterion in result["criteria"]},
        "failing": [
            f"{criterion['name']}: {criterion['says']}. {criterion['to_do']}".strip()
            for criterion in result["criteria"]
            if not criterion["holds"]
        ],
    }


def of_changes(result: Found) -> dict[str, Any]:
    """The short result of `diff`: rows by what became of them, and every change by its name."""
    changes = {
        " ".join(part for part in (each["kind"], each["before"], each["after"]) if part): each[
            "rows"
        ]
        for each in result["changes"]
    }
    names = ("same", "changed", "came", "went")
    return {
        "rows_before": result["before"]["read"],
        **{name: result[name] for name in names},
        "changes": changes,
    }


def of_publication(result: Found) -> dict[str, Any]:
    """The short result of `push`."""
    counts = result["counts"]
    names = ("target", "fingerprint", "commit", "url", "branch", "tag", "is_new", "bytes_sent")
    return {
        **{name: result[name] for name in names},
        "commits": len(result["commits"]),
        "read": counts["read"],
        "kept": counts["kept"],
        "splits": counts["splits"],
        "remarks": result["remarks"],
    }


def of_collection(result: Found) -> dict[str, Any]:
    """The short result of `collect`: where prompts and requests went, and what it took."""
    counts = result["counts"]
    names = ("read", "asked", "quarantined", "dropped", "wanted", "answered", "failed", "not_asked")
    return {
        "fingerprint": result["fingerprint"],
        **{name: counts[name] for name in (*names, "left_out", "kept", "different")},
        **{name: result["usage"][name] for name in ("prompt_tokens", "completion_tokens", "cost")},
    }


def of_judging(result: Found) -> dict[str, Any]:
    """The short result of `judge`: the same of verdicts, and what is said of the judge."""
    short = of_collection(result["manifest"])
    del short["different"]
    return {**short, "says": list(result["report"]["says"])}


SHORT: dict[str, Callable[[Found], dict[str, Any]]] = {
    "validate": of_validation,
    "build": of_manifest,
    "dedupe": of_manifest,
    "embed-filter": of_manifest,
    "audit": of_audit,
    "train": of_training,
    "gate": of_gate,
    "diff": of_changes,
    "collect": of_collection,
    "judge": of_judging,
    "push": of_publication,
}
"""Command to the function that shortens its result."""


def said(result: Mapping[str, Any]) -> str:
    """A short result as one line of a log.

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
