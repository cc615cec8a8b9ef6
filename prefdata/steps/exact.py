"""Step 3: exact duplicates and label conflicts among the rows that the rules left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.model import ExactConfig
from prefdata.engines.engine import Engine
from prefdata.io.shards import Shard, read_records, read_table, write_table
from prefdata.records.identity import KEYS_SCHEMA, keys_of
from prefdata.steps.check import DROP, VERDICT_SCHEMA, verdict_file
from prefdata.steps.once import once
from prefdata.transforms.exact import CONFLICT, DUPLICATE, exact_verdicts

ROWS_IN_MEMORY = 500_000
"""Rows whose keys are compared at a time: about 100 bytes each."""


@dataclass(frozen=True)
class Keyed:
    """What making the keys of a shard needs."""

    shard: Shard
    verdicts: Path
    folder: Path

    @property
    def table(self) -> Path:
        return self.folder / f"{self.shard.number:06d}.arrow"


def make_keys(engine: Engine, shards: Sequence[Shard], verdicts: Path, folder: Path) -> list[Path]:
    """Writes the keys of every row still active, a table a shard."""
    folder.mkdir(parents=True, exist_ok=True)
    items = [Keyed(shard, verdict_file(verdicts, shard), folder) for shard in shards]
    return list(engine.map(_keys_of_shard, items))


def _keys_of_shard(item: Keyed) -> Path:
    if not item.table.exists():
        dropped = dropped_rows(item.verdicts)
        batches = (_active_keys(batch, dropped) for batch in read_records(item.shard))
        write_table(item.table, batches, KEYS_SCHEMA)
    return item.table


def _active_keys(batch: pa.RecordBatch, dropped: np.ndarray) -> pa.RecordBatch:
    if len(dropped):
        is_active = ~np.isin(batch.column("row").to_numpy(), dropped)
        batch = batch.filter(pa.array(is_active))
    return keys_of(batch)


def dropped_rows(verdicts: Path) -> np.ndarray:
    """The rows that a verdict table drops, ascending, each once."""
    rows = [
        batch.filter(pc.equal(batch.column("verdict"), DROP)).column("row").to_numpy()
        for batch in read_table(verdicts, ["row", "verdict"])
    ]
    return np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int64)


def find_exact(
    engine: Engine, tables: Sequence[Path], config: ExactConfig, folder: Path
) -> dict[str, int]:
    """Writes `folder/verdicts.arrow`; gives verdict:reason to rows."""
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json", dict[str, int], lambda: _find_exact(engine, tables, config, folder)
    )


def _find_exact(
    engine: Engine, tables: Sequence[Path], config: ExactConfig, folder: Path
) -> dict[str, int]:
    frames = engine.group(
        partial(exact_verdicts, config=config),
        tables,
        by="prompt",
        work=folder,
        rows_in_memory=ROWS_IN_MEMORY,
    )
    # fixed-size rows, and only those there is something to say of
    verdicts = pl.concat(frames).sort("row", "reason")
    write_table(folder / "verdicts.arrow", _with_evidence(verdicts), VERDICT_SCHEMA)
    counts = verdicts.group_by("verdict", "reason").len().sort("verdict", "reason")
    return {f"{verdict}:{reason}": rows for verdict, reason, rows in counts.iter_rows()}


def _with_evidence(verdicts: pl.DataFrame) -> list[pa.RecordBatch]:
    copies = pl.format("one of {} copies of the pair; row {} is the first", "copies", "other")
    opposite = pl.format("row {} prefers the other completion", "other")
    said = (
        pl.when(pl.col("reason") == DUPLICATE)
        .then(copies)
        .when(pl.col("reason") == CONFLICT)
        .then(opposite)
        .otherwise(pl.lit(""))
    )
    table = verdicts.select("row", "verdict", "reason", said.alias("evidence"), "other").to_arrow()
    batches: list[pa.RecordBatch] = table.cast(VERDICT_SCHEMA).to_batches(max_chunksize=65_536)
    return batches
