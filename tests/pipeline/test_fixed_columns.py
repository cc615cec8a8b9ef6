"""The columns of the data, whatever the rows hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import load_from_disk

from prefdata.engines.local import LocalEngine
from prefdata.io.files.shards import read_records
from prefdata.pipeline.build import build
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.records.columns import records_of
from prefdata.steps.progress import silent
from prefdata.steps.write.read_output import read_output

PAIR = {"prompt": "Which tree is that?", "chosen": "An old oak.", "rejected": "It is a lamp."}
TOOLS = [{"name": "look", "parameters": {}}]
ROWS: dict[str, list[dict[str, Any]]] = {
    "plain": [PAIR],
    "every-margin": [PAIR | {"margin": 1.5}],
    "some-margin": [PAIR | {"margin": 1.5}, {**PAIR, "prompt": "And which one is this here?"}],
    "tools": [PAIR | {"tools": TOOLS}],
}


def built(tmp_path: Path, rows: list[dict[str, Any]], columns: str) -> Path:
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = tmp_path / columns
    build([source], out=out, config={"split": {"test": 0}, "shards": {"columns": columns}})
    return out


@pytest.mark.parametrize("kind", ROWS)
def test_fixed_columns_are_the_same_whatever_the_rows_hold(kind: str, tmp_path: Path) -> None:
    out = built(tmp_path, ROWS[kind], "fixed")
    data = load_from_disk(str(out / "data"))["train"]
    assert data.column_names == [
        *("prompt", "chosen", "rejected", "tools", "margin", "metadata"),
        *("source", "source_row", "fingerprint"),
    ]
    for row, given in zip(data, ROWS[kind], strict=True):
        assert row["margin"] == given.get("margin")
        tools = given.get("tools")
        assert row["tools"] == (None if tools is None else json.dumps(tools, separators=(",", ":")))


@pytest.mark.parametrize("kind", ROWS)
def test_records_read_back_are_the_same_with_either(kind: str, tmp_path: Path) -> None:
    read = []
    for columns in ("fixed", "trainer"):
        out = built(tmp_path, ROWS[kind], columns)
        place = tmp_path / f"read-{columns}"
        shards = read_output(LocalEngine(1), out, read_manifest(out), place, silent).shards
        read.append([r for s in shards for batch in read_records(s) for r in records_of(batch)])
    assert read[0] == read[1] and len(read[0]) == len(ROWS[kind])


def test_trainers_get_a_margin_only_where_every_row_has_one(tmp_path: Path) -> None:
    names = {}
    for kind, rows in ROWS.items():
        (tmp_path / kind).mkdir()
        out = built(tmp_path / kind, rows, "trainer")
        names[kind] = load_from_disk(str(out / "data"))["train"].column_names
    assert [kind for kind in names if "margin" in names[kind]] == ["every-margin"]
    assert [kind for kind in names if "tools" in names[kind]] == ["tools"]
