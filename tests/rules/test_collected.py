"""Completions that the limit of tokens cut off are found by what their source says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import prefdata
from prefdata.records.record import Record, assistant, user
from prefdata.rules.registry import rule_named
from prefdata.rules.rule import examine_reference


def evidence(metadata: dict[str, Any]) -> list[str]:
    record = Record(
        (user("Q"),), (assistant("A"),), (assistant("B"),), metadata=json.dumps(metadata)
    )
    return [str(f.evidence) for f in examine_reference([record], [rule_named("cut-off")])]


def told(ended: object) -> dict[str, Any]:
    return {"metadata": {"finish_reason": ended}}


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        ({"prefdata": {"chosen": told("length")}}, ["chosen: cut off at the token limit"]),
        (
            {"prefdata": 1, "prefdata_": {"rejected": told("length"), "chosen": told("length")}},
            ["chosen and rejected: cut off at the token limit"],
        ),
        ({"prefdata": {"chosen": told("stop"), "rejected": told(None)}}, []),
        ({"finish_reason": "length"}, []),
        ({"prefdata": {"chosen": "finish_reason"}}, []),
    ],
)
def test_it_looks_at_what_is_told_of_the_two_sides(
    metadata: dict[str, Any], found: list[str]
) -> None:
    assert evidence(metadata) == found


@pytest.mark.parametrize(("level", "kept"), [(None, 1), ("warning", 2), ("off", 2)])
def test_a_build_leaves_such_pairs_out_unless_told_otherwise(
    level: str | None, kept: int, tmp_path: Path
) -> None:
    rows = [
        {
            "prompt": f"Question {number}?",
            "completions": [
                {"text": f"Answer {number}.", "finish_reason": ended},
                {"text": "Who knows.", "finish_reason": "stop"},
            ],
            "opinions": [{"kind": "verdict", "values": [1, 0]}],
        }
        for number, ended in enumerate(["length", "stop"])
    ]
    source = tmp_path / "a.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    rules = {} if level is None else {"check": {"rules": {"cut-off": level}}}
    counts = prefdata.build([source], out=tmp_path / "out", config=rules).counts
    assert counts.kept == kept
    assert counts.dropped == ({"cut-off": 1} if level is None else {})
