"""The near-duplicate comparison that is set against peers reads and compares what a build does."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_rows_that_are_alike_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    near_alone = importlib.import_module("near_alone")
    rows = [
        {
            "prompt": f"Where does path number {number} to the old mill begin, and how long is it?",
            "chosen": f"It begins behind church {number} and takes an hour if the ground is dry.",
            "rejected": f"Nobody knows about {number}, and nobody has ever been there, I believe.",
        }
        for number in (1, 2, 1)
    ]
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    read, alike = near_alone.alike_rows(source, tmp_path / "scratch", workers=1)
    same = alike.edges.filter(alike.edges["kind"].is_null())
    assert read == 3
    assert same.select("low", "high").rows() == [(0, 2)]
