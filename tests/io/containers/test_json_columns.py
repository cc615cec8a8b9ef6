"""JSON by columns: rows are found, the books balance, and a row of lists is no column."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from reading import SMALL, read, source_of, values

from prefdata.config.model import ReadConfig
from prefdata.io.containers.json_columns import is_by_columns

ROWS = [{"prompt": f"问 {n}", "chosen": f"a{n}", "rejected": None, "n": n} for n in range(12)]


def by_index(rows: list[dict[str, Any]], first: int = 0) -> dict[str, Any]:
    return {
        name: {str(number): row[name] for number, row in enumerate(rows, first)} for name in rows[0]
    }


def listed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.mark.parametrize("columns", [by_index(ROWS), by_index(ROWS, 40), listed(ROWS)])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_columns_become_rows(tmp_path: Path, columns: Any, indent: int | None, name: str) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(columns, ensure_ascii=False, indent=indent) + "\n", "utf-8")
    assert source_of(path).container == "json-columns"
    rows = read(path)
    assert values(rows) == ROWS
    assert [row.source_row for row in rows] == list(range(1, 13))


def test_a_long_document_is_told_by_its_beginning(tmp_path: Path) -> None:
    rows = [{"prompt": "p" * 500, "chosen": "c" * 500, "rejected": "r"} for _ in range(3000)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(by_index(rows)))
    assert source_of(path).container == "json-columns"
    assert len(read(path)) == 3000
    small = ReadConfig(max_record_bytes=100_000)
    [row] = read(path, small)
    assert row.fault is not None and row.fault[0] == "record-too-large"
    assert "write it as JSON Lines" in row.fault[1]


@pytest.mark.parametrize(
    "row",
    [
        {"chosen": [{"role": "user", "content": "a"}] * 2, "rejected": [{"role": "user"}] * 2},
        {"prompt": "p", "chosen": ["a", "b"]},
        {"data": [{"prompt": "p"}]},
        {"prompt": {"text": "a"}, "chosen": {"text": "b"}},
        {"messages": [], "rejected": []},
        {"prompt": ["a", "b"], "chosen": ["c"]},
    ],
)
def test_a_row_is_no_document_by_columns(tmp_path: Path, row: Any) -> None:
    assert not is_by_columns(row)
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row))
    assert source_of(path).container != "json-columns"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"prompt": {"0": "a", "0": "b"}, "chosen": {"0": "c"}}', "invalid-json"),
        ('{"prompt": {"0": "a"}, "chosen": {"0": "c"}, "prompt": {"0": "x"}}', "invalid-json"),
    ],
)
def test_what_is_named_twice_is_a_fault(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert source_of(path).container == "json-columns"
    [row] = read(path)
    assert row.fault is not None and row.fault[0] == reason
    assert "more than once" in row.fault[1]


def test_spoiled_documents_lose_nothing(tmp_path: Path) -> None:
    dice = random.Random(5)
    whole = json.dumps(by_index(ROWS), ensure_ascii=False, indent=1).encode()
    path = tmp_path / "a.json"
    for _ in range(200):
        spoiled = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            spoiled[dice.randrange(40, len(spoiled))] = dice.choice(b'"{}[],:\\x\n')
        path.write_bytes(bytes(spoiled))
        assert read(path, SMALL)  # the books are closed by the reader, which raises if they differ
