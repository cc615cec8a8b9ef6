from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
ROWS = [
    {"output_1": "bread", "output_2": "dough"},
    {"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "sea"}]},
    {"rejected": {"from": "gpt", "value": "night"}, "output_1": None},
]


@pytest.mark.parametrize("kind", ["jsonl.gz", "json"])
def test_completions_are_read_row_by_row(kind, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    from encode import FIELDS, completions

    path = tmp_path / f"rows.{kind}"
    if kind == "json":
        path.write_text(json.dumps(ROWS), encoding="utf-8")
    else:
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, ROWS)).encode()))
    assert completions(path, FIELDS) == ["bread", "dough", "sea", "night"]
    assert completions(path, ("output_2",)) == ["dough"]


def test_without_data_it_says_why_it_does_nothing():
    command = [sys.executable, str(FOLDER / "encode.py")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "skipped: no file of real completions" in ran.stdout
