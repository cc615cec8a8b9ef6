"""Step 8: assigns every kept row to a split and an output shard.

The plan uses fixed-size columns only (row, split, bytes), shard by shard in order, so that it
depends on nothing but the rows and the config.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.config.model import ShardsConfig
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.steps.once import once
from prefdata.steps.split.groups import SPLIT_SCHEMA
from prefdata.steps.verdict_tables import Tables, dropped_by, within
from prefdata.transforms.split.split import SPLITS

PLAN_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("split", pa.int8()),
        ("output", pa.int32()),
        ("group", pa.int64()),
    ]
)
"""`group`: the first row of the row's group; null if groups were not computed."""


class ShardPlan(msgspec.Struct):
    """The output shards of every split, and which optional columns they have."""

    outputs: list[OutputShard]
    with_margin: int
    """Kept rows that have a margin."""
    has_margin: bool
    """There is a column for margins: every kept row has one, as trainers expect it, or columns are
    fixed."""
    any_extra: bool
    """Some kept message has fields besides role and content."""
    has_tools: bool
    """There is a column for tools: some kept row has any, or columns are fixed."""
    any_pictures: bool
    """Some kept row is shown with pictures."""


class OutputShard(msgspec.Struct):
    """One file to write: shard `number` of a split, from record shards `first` to `last`."""

    split: int
    number: int
    first: int
    last: int
    rows: int = 0
    bytes: int = 0


@dataclass
class _Cutter:
    """Cuts the rows of each split, in order, into outputs of at most `max_bytes`."""

    max_bytes: int
    outputs: list[list[OutputShard]] = field(default_factory=lambda: [[] for _ in SPLITS])

    def cut(self, split: int, sizes: np.ndarray, shard: int) -> np.ndarray:
        """The output number of every row (n) of one split in one record shard; `sizes` (n) in
        bytes."""
        numbers = np.empty(len(sizes), np.int32)
        start = 0
        while start < len(sizes):
            output = self._open(split, int(sizes[start]), shard)
            room = self.max_bytes - output.bytes
            within = int(np.searchsorted(np.cumsum(sizes[start:]), room, side="right"))
            stop = start + max(within, 1)  # one row may be larger than a shard
            numbers[start:stop] = output.number
            output.rows += stop - start
            output.bytes += int(sizes[start:stop].sum())
            output.last = shard
            start = stop
        return numbers

    def _open(self, split: int, size: int, shard: int) -> OutputShard:
        outputs = self.outputs[split]
        if not outputs or outputs[-1].bytes + size > self.max_bytes:
            outputs.append(OutputShard(split, len(outputs), shard, shard))
        return outputs[-1]


def plan_file(folder: Path, shard: Shard) -> Path:
    """The path of the plan for the rows of a shard."""
    return folder / f"{shard.number:06d}.arrow"


def assign_shards(
    shards: Sequence[Shard],
    keys: Sequence[Path],
    verdicts: Tables,
    split_table: Path,
    config: ShardsConfig,
    folder: Path,
) -> ShardPlan:
    """Assigns rows to output shards; writes one table of `PLAN_SCHEMA` per shard into `folder`.

    `split_table`: the split and the group of every active row (`steps.compare.groups`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json",
        ShardPlan,
        lambda: _plan(shards, keys, verdicts, split_table, config, folder),
    )


def _plan(
    shards: Sequence[Shard],
    keys: Sequence[Path],
    verdicts: Tables,
    split_table: Path,
    config: ShardsConfig,
    folder: Path,
) -> ShardPlan:
    cutter = _Cutter(config.max_bytes)
    dropped = dropped_by([table for _, table in verdicts.steps])
    is_fixed = config.columns == "fixed"
    rows = margins = extras = tools = pictures = 0
    for shard, table in zip(shards, keys, strict=True):
        kept = _kept(table, dropped)
        side = pa.Table.from_batches(within(split_table, shard.rows), SPLIT_SCHEMA)
        assert np.array_equal(side["row"].to_numpy(), kept["row"]), "other rows were divided"
        codes = side["split"].to_numpy()
        outputs = np.zeros(len(codes), np.int32)
        for code in range(len(SPLITS)):
            chosen = np.flatnonzero(codes == code)
            outputs[chosen] = cutter.cut(code, kept["bytes"][chosen], shard.number)
        arrays = [pa.array(kept["row"]), pa.array(codes), pa.array(outputs)]
        group = side["group"].combine_chunks()
        batch = pa.RecordBatch.from_arrays([*arrays, group], schema=PLAN_SCHEMA)
        write_table(plan_file(folder, shard), [batch], PLAN_SCHEMA)
        rows += len(codes)
        margins += int((~np.isnan(kept["margin"])).sum())
        extras += int(kept["has_extra"].sum())
        tools += int(kept["has_tools"].sum())
        pictures += int(kept["has_pictures"].sum())
    return ShardPlan(
        outputs=[output for outputs in cutter.outputs for output in outputs],
        with_margin=margins,
        has_margin=is_fixed or 0 < margins == rows,
        any_extra=extras > 0,
        has_tools=is_fixed or tools > 0,
        any_pictures=pictures > 0,
    )


_NEEDED = {
    "row": np.int64,
    "bytes": np.int64,
    "margin": np.float64,
    "has_extra": bool,
    "has_tools": bool,
    "has_pictures": bool,
}


def _kept(keys: Path, dropped: np.ndarray) -> dict[str, np.ndarray]:
    batches = list(read_table(keys, list(_NEEDED)))
    columns = {
        name: np.concatenate(
            [b.column(name).to_numpy(zero_copy_only=False) for b in batches] or [np.zeros(0)]
        ).astype(kind, copy=False)
        for name, kind in _NEEDED.items()
    }
    is_kept = ~np.isin(columns["row"], dropped, assume_unique=True)
    return {name: column[is_kept] for name, column in columns.items()}
