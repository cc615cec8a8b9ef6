from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prefdata.config.model import ShardsConfig, SplitConfig
from prefdata.io.files.shards import Shard, Written, read_table, write_table
from prefdata.records.identity import KEYS_SCHEMA
from prefdata.steps.split.groups import SPLIT_SCHEMA, GroupSummary, find_groups, split_file
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, write_verdicts
from prefdata.steps.write.assign_shards import PLAN_SCHEMA, assign_shards, plan_file
from prefdata.transforms.split.split import SPLITS, TEST, TRAIN, wished_splits

SOURCES = ("a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl", "e.jsonl")
HALF = SplitConfig(test=0.5)
WISHES = wished_splits(np.arange(100, dtype=np.uint64), HALF).tolist()
FOR_TRAIN, FOR_TEST = WISHES.index(TRAIN), WISHES.index(TEST)

Row = tuple[int, int]
"""(prompt, first turn)"""


class Run:
    """Keys tables, shards and verdicts of some rows, cut into parts of one source each."""

    def __init__(
        self, folder: Path, parts: Sequence[Sequence[Row]], dropped: Sequence[int] = ()
    ) -> None:
        self.folder, self.shards, self.keys = folder, list[Shard](), list[Path]()
        (folder / "keys").mkdir(parents=True)
        first = 0
        for number, part in enumerate(parts):
            size = len(part)
            written = Written(f"{number}", size, size, 0, size, size)
            self.shards.append(Shard(folder, written, number, number % 5, first, first))
            lines = [
                {"row": row, "split": prompt, "first_turn": turn, "bytes": 10}
                | {"has_extra": False, "has_tools": False}
                for row, (prompt, turn) in enumerate(part, start=first)
            ]
            self.keys.append(folder / "keys" / f"{number}.arrow")
            batch = pa.RecordBatch.from_pylist(lines, KEYS_SCHEMA)
            write_table(
                self.keys[-1], [batch] if number % 2 else [batch[:2], batch[2:]], KEYS_SCHEMA
            )
            first += size
        said = pl.DataFrame({"row": list(dropped)}, {"row": pl.Int64}).with_columns(
            verdict=pl.lit("drop"), reason=pl.lit("x"), evidence=pl.lit(""), other=pl.lit(None)
        )
        write_verdicts(folder / "exact.arrow", said)
        self.verdicts = Tables(folder / "check").then("exact", folder / "exact.arrow")

    def grouped(self, config: SplitConfig, edges: Sequence[Row] = ()) -> GroupSummary:
        np.save(self.folder / "edges.npy", np.array(edges, np.int64).reshape(-1, 2))
        edges_file = self.folder / "edges.npy"
        return find_groups(
            self.keys,
            self.shards,
            self.verdicts,
            edges_file,
            config,
            SOURCES,
            self.folder / "split",
        )

    @property
    def bridges(self) -> list[dict[str, Any]]:
        return read(self.folder / "split" / "verdicts.arrow", VERDICT_SCHEMA)

    @property
    def sides(self) -> list[tuple[int, str, int | None]]:
        lines = read(split_file(self.folder / "split"), SPLIT_SCHEMA)
        return [(line["row"], SPLITS[line["split"]], line["group"]) for line in lines]

    def planned(self) -> list[dict[str, Any]]:
        after = self.verdicts.then("split", self.folder / "split" / "verdicts.arrow")
        sides, out = split_file(self.folder / "split"), self.folder / "plan"
        assign_shards(self.shards, self.keys, after, sides, ShardsConfig(), out)
        files = [plan_file(out, shard) for shard in self.shards]
        return [line for file in files for line in read(file, PLAN_SCHEMA)]


def read(table: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.Table.from_batches(read_table(table), schema).to_pylist()
    return found


def lone(count: int) -> list[Row]:
    """Rows that are linked to none."""
    return [(n, n) for n in range(1000, 1000 + count)]


BRIDGED = [(FOR_TRAIN, FOR_TRAIN), (FOR_TEST, FOR_TEST), (200, FOR_TRAIN), (200, FOR_TRAIN)]


def test_a_bridge_is_dropped_with_the_rows_and_splits_that_it_connects(tmp_path: Path) -> None:
    run = Run(tmp_path, [BRIDGED[:2], BRIDGED[2:], [(FOR_TEST, FOR_TEST)]])
    summary = run.grouped(HALF, [(1, 2)])
    assert summary.counts == {"drop:bridges-splits": 2}
    assert [line["row"] for line in run.bridges] == [2, 3]
    said = "connects row 0 (train, same first turn) with row 1 (test, similar prompt)"
    assert {(line["evidence"], line["other"]) for line in run.bridges} == {(said, 0)}
    assert run.sides == [(0, "train", 0), (1, "test", 1), (4, "test", 1)]


def test_the_rows_named_are_kept_ones_where_there_are(tmp_path: Path) -> None:
    again = [(FOR_TRAIN, FOR_TRAIN), *BRIDGED]
    run = Run(tmp_path, [again], dropped=[0, 2, 4])
    run.grouped(HALF, [(2, 3)])
    assert [(line["row"], line["other"]) for line in run.bridges] == [(3, 1)]
    assert "row 1 (train, same first turn) with row 2 (test" in run.bridges[0]["evidence"]
    assert run.sides == [(1, "train", 1)]


def test_merged_groups_lose_no_row(tmp_path: Path) -> None:
    run = Run(tmp_path, [BRIDGED])
    summary = run.grouped(HALF.model_copy(update={"bridges": "merge"}), [(1, 2)])
    assert summary.counts == {}
    assert run.sides == [(row, "train", 0) for row in range(4)]


def test_the_plan_carries_split_and_group_of_what_is_kept(tmp_path: Path) -> None:
    run = Run(tmp_path, [BRIDGED[:2], [], BRIDGED[2:], [(FOR_TEST, FOR_TEST)]], dropped=[0])
    run.grouped(HALF, [(1, 2)])
    assert run.planned() == [
        {"row": 1, "split": TEST, "output": 0, "group": 1},
        {"row": 4, "split": TEST, "output": 0, "group": 1},
    ]


def test_one_split_needs_no_groups_and_no_edges(tmp_path: Path) -> None:
    run = Run(tmp_path, [BRIDGED], dropped=[1])
    absent = tmp_path / "absent.npy"
    config = SplitConfig(test=0)
    folder = tmp_path / "split"
    summary = find_groups(run.keys, run.shards, run.verdicts, absent, config, SOURCES, folder)
    assert summary == GroupSummary({}, {})
    assert run.bridges == []
    assert run.sides == [(row, "train", None) for row in (0, 2, 3)]
    assert [line["group"] for line in run.planned()] == [None] * 3


def test_a_giant_group_is_reported_with_its_sources(tmp_path: Path) -> None:
    large = [(FOR_TEST, FOR_TEST)]
    run = Run(tmp_path, [large * 5, large * 4, large * 3, large * 2, large, lone(25)], dropped=[0])
    config = HALF.model_copy(update={"max_group": 0.3})
    assert run.grouped(config).remarks == {
        "giant-group": "groups with more than 30.0% of the rows stay whole, in train: "
        "the group of row 1 holds 14 of 39 rows (35.9%), "
        "from a.jsonl (4), b.jsonl (4), c.jsonl (3), 2 more sources (3)"
    }
    assert {side for side in run.sides if side[2] == 1} == {(n, "train", 1) for n in range(1, 15)}


def test_a_finished_step_is_not_done_again(tmp_path: Path) -> None:
    run = Run(tmp_path, [BRIDGED])
    before = run.grouped(HALF, [(1, 2)])
    for table in run.keys:
        table.unlink()
    assert run.grouped(HALF, [(1, 2)]) == before


rows = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=20)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.lists(st.integers(0, 20), max_size=3))
def test_how_the_keys_are_cut_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory, some: list[Row], cuts: list[int]
) -> None:
    borders = [0, *sorted(min(cut, len(some)) for cut in cuts), len(some)]
    parts = [some[a:b] for a, b in pairwise(borders)]
    written = []
    for cut in ([some], parts):
        run = Run(tmp_path_factory.mktemp("run"), cut)
        run.shards = [
            Shard(s.folder, s.written, s.number, 0, s.first_row, s.first_line) for s in run.shards
        ]
        run.grouped(SplitConfig(test=0.4), [(0, len(some) - 1)] if len(some) > 1 else [])
        files = ("verdicts.arrow", "split.arrow", "done.json")
        written.append([(run.folder / "split" / name).read_bytes() for name in files])
    assert written[0] == written[1]
