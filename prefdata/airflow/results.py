"""What a command printed with --json, cut down to what other tasks want to know of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

_KEY = re.compile(r'( *)"((?:[^"\\]|\\.)*)": ?')
_INDENT = 2
_VALUE_CHARACTERS = 16 << 20
"""No value that is picked is nearly as large."""

Found = Mapping[str, Any]


def picked(lines: Iterable[str], wanted: Collection[str]) -> dict[str, Any]:
    """Some values of a JSON object that was written with an indent of two, as prefdata does.

    `wanted`: dotted names of values in objects in objects; those that are not there are left out.
    Holds nothing else in memory: a manifest that names a million files costs no more than a small
    one. It works because texts in JSON have no line breaks: what begins a line is structure.
    Raises ValueError where this is no such object.

    >>> lines = ["{", '  "a": {', '    "b": [', "      1", "    ],", '    "c": 2', "  }", "}"]
    >>> picked(lines, ["a.b", "a.d"])
    {'a.b': [1]}
    """
    lines = iter(lines)
    if next(lines, "").strip() != "{":
        raise ValueError("not a JSON object written with an indent of two")
    found: dict[str, Any] = {}
    above: list[str] = []  # names of the objects that the line is in
    line = ""
    for line in lines:
        start = _KEY.match(line)
        if not start or len(start[1]) > _INDENT * (len(above) + 1):
            continue  # the end of something, or inside of an array
        above[len(start[1]) // _INDENT - 1 :] = [json.loads(f'"{start[2]}"')]
        name = ".".join(above)
        if name in wanted:
            found[name] = _value(line[start.end() :], lines, len(start[1]))
    if line.rstrip() != "}":
        raise ValueError("the JSON object does not end")
    return found


def _value(first: str, lines: Iterator[str], indent: int) -> Any:
    """The value that begins with `first`: if it is not whole, up to the bracket that closes it."""
    parts, size = [first], 0
    if first.rstrip() in ("{", "["):
        for line in lines:
            parts.append(line)
            size += len(line)
            if size > _VALUE_CHARACTERS:
                raise ValueError(f"a value is longer than {_VALUE_CHARACTERS} characters")
            if not line.startswith(" " * (indent + 1)):
                break
    return json.loads("".join(parts).rstrip().removesuffix(","))


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
    return {
        "fingerprint": found["fingerprint"],
        **{name: found["counts"][name] for name in ("read", "kept", "quarantined", "dropped")},
        "pairs": found.get("labels.pairs"),
        "accuracy": found.get("labels.accuracy.value"),
        "is_judged": found.get("labels.is_judged"),
        "labels": found.get("labels.classes"),
    }


def of_training(found: Found) -> dict[str, Any]:
    """Of `train`; the accuracy is that of pairs that the model never saw."""
    accuracy = found.get("held_out.accuracy.value")
    if accuracy is None:
        accuracy = found.get("cross_validated.accuracy.value")
    return {
        "fingerprint": found["fingerprint"],
        "kind": found["kind"],
        **{name: found["data"][name] for name in ("read", "trained", "held_out", "dropped")},
        "quarantined": found["data"]["quarantined"],
        "accuracy": accuracy,
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


_MANIFEST = (("fingerprint", "counts", "audit"), of_manifest)

SHORT: dict[str, tuple[tuple[str, ...], Callable[[Found], dict[str, Any]]]] = {
    "validate": (("rows", "records", "findings"), of_validation),
    "build": _MANIFEST,
    "dedupe": _MANIFEST,
    "embed-filter": _MANIFEST,
    "audit": (
        ("fingerprint", "counts", "labels.pairs", "labels.accuracy.value", "labels.is_judged",
         "labels.classes"),
        of_audit,
    ),
    "train": (
        ("fingerprint", "kind", "data", "held_out.accuracy.value",
         "cross_validated.accuracy.value"),
        of_training,
    ),
    "gate": (("passes", "criteria"), of_gate),
    "push": (
        ("target", "fingerprint", "counts", "commit", "commits", "url", "branch", "tag", "is_new",
         "bytes_sent", "remarks"),
        of_publication,
    ),
}  # fmt: skip
"""Command: the values of its result that are read, and what becomes of them."""


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
