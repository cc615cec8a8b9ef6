"""Step 3: exact duplicates and label conflicts among the rows that the rules left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from prefdata.config.model import BuildConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard, write_table
from prefdata.records.identity import KEYS_SCHEMA, keys_of
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import Tables, sentence_columns, write_verdicts
from prefdata.transforms.duplicates.exact import CONFLICT, DUPLICATE, exact_verdicts

ROWS_IN_MEMORY = 500_000
"""Rows whose keys are in memory at a time, about 100 bytes each."""


@dataclass(frozen=True)
class KeysTask:
    """One shard whose keys are to be written."""

    shard: Shard
    verdicts: Tables
    folder: Path

    @property
    def table(self) -> Path:
        return self.folder / f"{self.shard.number:06d}.arrow"


def make_keys(
    engine: Engine, shards: Sequence[Shard], verdicts: Tables, folder: Path
) -> list[Path]:
    """Writes the keys of every active row, one table per shard; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    items = [KeysTask(shard, verdicts, folder) for shard in shards]
    return list(engine.map(_keys_of_shard, items))


def _keys_of_shard(item: KeysTask) -> Path:
    if not item.table.exists():
        batches = (keys_of(batch) for batch in item.verdicts.active(item.shard))
        write_table(item.table, batches, KEYS_SCHEMA)
    return item.table


def find_exact(
    engine: Engine, tables: Sequence[Path], config: BuildConfig, folder: Path
) -> dict[str, int]:
    """Finds exact duplicates and label conflicts and writes `folder/verdicts.arrow`.

    Returns "verdict:reason" to number of rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json", dict[str, int], lambda: _find_exact(engine, tables, config, folder)
    )


def _find_exact(
    engine: Engine, tables: Sequence[Path], config: BuildConfig, folder: Path
) -> dict[str, int]:
    frames = engine.group(
        partial(exact_verdicts, config=config.exact, labels=config.labels),
        tables,
        by="prompt",
        work=folder,
        rows_in_memory=ROWS_IN_MEMORY,
    )
    # fixed-size columns, and only rows with a verdict
    verdicts = pl.concat(frames).sort("row", "reason")
    return write_verdicts(folder / "verdicts.arrow", _with_evidence(verdicts))


def _with_evidence(verdicts: pl.DataFrame) -> pl.DataFrame:
    copy = sentence_columns("exact.copy", copies="copies", first="other")
    opposite = sentence_columns("exact.opposite", other="other")
    reason = pl.col("reason")
    return verdicts.with_columns(
        pl.when(reason == DUPLICATE)
        .then(copy[name])
        .when(reason == CONFLICT)
        .then(opposite[name])
        .otherwise(pl.lit(nothing, pl.String))
        .alias(name)
        for name, nothing in (("evidence", ""), ("sentence", None))
    )
