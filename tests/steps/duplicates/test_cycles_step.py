from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import prefdata.steps.duplicates.cycles
from prefdata.config.model import BuildConfig, LabelsConfig
from prefdata.engines.local import LocalEngine
from prefdata.io.files.shards import read_table, write_table
from prefdata.records.identity import KEYS_SCHEMA
from prefdata.steps.duplicates.cycles import find_cycles
from prefdata.steps.duplicates.exact import find_exact
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables

Pair = tuple[int, int, int]
"""(prompt, chosen, rejected)"""

CIRCLE = [(0, 1, 2), (0, 2, 3), (0, 3, 1)]


def keys(folder: Path, parts: Sequence[Sequence[Pair]]) -> list[Path]:
    folder.mkdir(parents=True)
    tables, row = [], 0
    for number, pairs in enumerate(parts):
        lines: list[dict[str, Any]] = []
        for pair in pairs:
            sides = zip(("prompt", "chosen", "rejected"), pair, strict=True)
            lines.append({"row": row, "held": 0} | {s: bytes([key] * 16) for s, key in sides})
            row += 1
        tables.append(folder / f"{number:06d}.arrow")
        write_table(tables[-1], [pa.RecordBatch.from_pylist(lines, KEYS_SCHEMA)], KEYS_SCHEMA)
    return tables


def compared(
    folder: Path, parts: Sequence[Sequence[Pair]], labels: LabelsConfig, workers: int = 1
) -> tuple[dict[str, int], pl.DataFrame]:
    """What the step says of rows that went through the step before it."""
    tables = keys(folder / "keys", parts)
    with LocalEngine(workers) as engine:
        find_exact(engine, tables, BuildConfig(labels=labels), folder / "exact")
        verdicts = Tables(folder / "check").then("exact", folder / "exact" / "verdicts.arrow")
        counts = find_cycles(engine, tables, verdicts, labels, folder / "cycles")
    return counts, pl.DataFrame(read(folder / "cycles" / "verdicts.arrow"))


def read(table: Path) -> pa.Table:
    return pa.Table.from_batches(read_table(table), VERDICT_SCHEMA)


def test_a_circle_over_several_shards_is_found(tmp_path: Path) -> None:
    counts, verdicts = compared(tmp_path, [[edge, (1, 1, 2)] for edge in CIRCLE], LabelsConfig())
    assert counts == {"flag:preference-cycle": 3}
    assert verdicts["row"].to_list() == [0, 2, 4]
    assert verdicts["other"].to_list() == [2, 4, 0]


@pytest.mark.parametrize(
    ("conflict", "on_circle"),
    [
        ("drop-all", []),
        ("keep-majority", []),  # one says so and one says the opposite: nobody stays
        ("keep-margin", []),
        ("keep-first", [0, 1, 2]),
        ("flag", [0, 1, 2]),
    ],
)
def test_a_circle_that_a_conflict_broke_is_none(
    tmp_path: Path, conflict: Any, on_circle: list[int]
) -> None:
    labels = LabelsConfig(conflict=conflict, cycles="drop")
    counts, verdicts = compared(tmp_path, [CIRCLE, [(0, 2, 1)]], labels)
    assert verdicts["row"].to_list() == on_circle
    assert counts == ({"drop:preference-cycle": 3} if on_circle else {})


def test_off_leaves_an_empty_table(tmp_path: Path) -> None:
    counts, verdicts = compared(tmp_path, [CIRCLE], LabelsConfig(cycles="off"))
    assert counts == {}
    assert verdicts.is_empty()


def test_neither_workers_nor_buckets_change_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    circles = [(prompt, a, b) for prompt in range(20) for _, a, b in CIRCLE]
    parts = [circles[::2], circles[1::2], []]
    counts, whole = compared(tmp_path / "whole", parts, LabelsConfig())
    monkeypatch.setattr(prefdata.steps.duplicates.cycles, "ROWS_IN_MEMORY", 16)
    for workers in (1, 2):
        again = compared(tmp_path / f"{workers}", parts, LabelsConfig(), workers)
        assert again[0] == counts == {"flag:preference-cycle": 60}
        assert again[1].equals(whole)


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    before, _ = compared(tmp_path, [CIRCLE], LabelsConfig())
    verdicts = Tables(tmp_path / "check")
    again = find_cycles(LocalEngine(), [], verdicts, LabelsConfig(), tmp_path / "cycles")
    assert again == before
