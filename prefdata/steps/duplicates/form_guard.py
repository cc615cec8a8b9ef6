"""The guard between similarity and a verdict: similar rows are told apart word by word.

Every edge that a verdict could rest on is looked at, and few others: a row that another one
represents needs no further edges. So edges are judged in rounds, first those to the rows that would
represent all that is similar to them, then those between rows that still stand for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import read_array, write_array
from prefdata.io.files.shards import Shard, read_records, read_table, write_table
from prefdata.records.arrays import Flags, Ints
from prefdata.records.columns import RECORD_SCHEMA, records_of
from prefdata.records.record import Record
from prefdata.transforms.duplicates.representatives import representatives
from prefdata.transforms.duplicates.similarity import On
from prefdata.transforms.duplicates.told_apart import Told, told_apart

EDGES_SCHEMA = pa.schema(
    [
        ("low", pa.int64()),
        ("high", pa.int64()),
        ("prompt", pa.float64()),
        ("first", pa.float64()),
        ("second", pa.float64()),
        ("crossed", pa.bool_()),
    ]
)
"""`low` < `high`: ranks of two similar rows; then the similarities (0 to 1) of their parts."""


TOLD_SCHEMA = pa.schema(
    [
        *EDGES_SCHEMA,
        ("part", pa.string()),
        ("kind", pa.string()),
        ("low_has", pa.string()),
        ("high_has", pa.string()),
    ]
)
"""An edge, and what sets its rows apart (`Told`); nulls for rows that are the same but for form."""

_EDGES_OF_A_TASK = 1 << 11


def untold(edges: pl.DataFrame) -> pl.DataFrame:
    """Edges of `EDGES_SCHEMA` as such of rows that nothing sets apart."""
    nothing = [
        pl.lit(None, pl.String).alias(name) for name in TOLD_SCHEMA.names[len(EDGES_SCHEMA) :]
    ]
    return edges.with_columns(nothing)


@dataclass(frozen=True)
class FormGuard:
    """`rows`: the row of every rank."""

    engine: Engine
    shards: Sequence[Shard]
    rows: Ints
    on: On

    def told(self, before: pl.DataFrame, similar: pl.DataFrame, folder: Path) -> pl.DataFrame:
        """Those of some similar edges that verdicts may rest on, with what sets their rows apart.

        `before`: edges that are told already. Edges with opposite labels are all looked at.
        """
        folder.mkdir(exist_ok=True)
        texts = self._texts(similar, folder)
        is_crossed = similar["crossed"].to_numpy()
        told = [before, self._judged(similar.filter(is_crossed), texts, folder / "crossed")]
        left = similar.filter(~is_crossed)
        next_ones = _to_representatives(left, len(self.rows))
        while next_ones.any():
            name = folder / f"direct-{len(told)}"
            told.append(self._judged(left.filter(next_ones), texts, name))
            left = left.filter(~next_ones)
            next_ones = _between_representatives(left, pl.concat(told), len(self.rows))
        return pl.concat(told[1:])

    def _texts(self, similar: pl.DataFrame, folder: Path) -> list[Path]:
        """Writes the records that the edges are about, one table per shard."""
        ranks = np.unique(similar.select("low", "high").to_numpy().ravel())
        wanted = write_array(folder / "rows.npy", np.sort(self.rows[ranks]))
        tasks = [(shard, folder / f"texts-{shard.number:06d}.arrow") for shard in self.shards]
        return list(self.engine.map(partial(_write_texts, wanted=wanted), tasks))

    def _judged(self, edges: pl.DataFrame, texts: list[Path], folder: Path) -> pl.DataFrame:
        folder.mkdir(exist_ok=True)
        low, high = (self.rows[edges[name].to_numpy()] for name in ("low", "high"))
        pairs = write_array(
            folder / "pairs.npy", np.stack([low, high, edges["crossed"].to_numpy()])
        )
        work = partial(_tell_apart, pairs=pairs, texts=tuple(texts), on=self.on)
        starts = range(0, len(edges), _EDGES_OF_A_TASK)
        told = [line for lines in self.engine.map(work, starts) for line in lines]
        columns = pl.DataFrame(
            told,
            schema=dict.fromkeys(TOLD_SCHEMA.names[len(EDGES_SCHEMA) :], pl.String),
            orient="row",
        )
        return pl.concat([edges, columns], how="horizontal")


def _to_representatives(edges: pl.DataFrame, count: int) -> Flags:
    """Which edges (n) lead to the row that would represent the other, if all of them counted."""
    low, high = edges["low"].to_numpy(), edges["high"].to_numpy()
    return np.asarray(representatives(count, low, high)[high] == low)


def _between_representatives(edges: pl.DataFrame, told: pl.DataFrame, count: int) -> Flags:
    """Which edges (n) are between two rows that no other represents so far."""
    same = told.filter(~pl.col("crossed") & pl.col("kind").is_null())
    chosen = representatives(count, same["low"].to_numpy(), same["high"].to_numpy())
    stays = chosen == np.arange(count)
    return np.asarray(stays[edges["low"].to_numpy()] & stays[edges["high"].to_numpy()])


def _write_texts(task: tuple[Shard, Path], wanted: Path) -> Path:
    shard, path = task
    rows = read_array(wanted)
    rows = rows[slice(*np.searchsorted(rows, [shard.rows.start, shard.rows.stop]).tolist())]
    batches = read_records(shard) if len(rows) else ()
    taken = (
        batch.take(pa.array(np.flatnonzero(np.isin(batch.column("row").to_numpy(), rows))))
        for batch in batches
    )
    write_table(path, taken, RECORD_SCHEMA)
    return path


def _tell_apart(
    start: int, pairs: Path, texts: tuple[Path, ...], on: On
) -> list[tuple[str | None, ...]]:
    low, high, crossed = read_array(pairs)[:, start : start + _EDGES_OF_A_TASK]
    records = _records(np.unique(np.concatenate([low, high])), texts)
    return [
        _columns(told_apart(records[one], records[other], crossed=bool(turned), on=on))
        for one, other, turned in zip(low.tolist(), high.tolist(), crossed.tolist(), strict=True)
    ]


def _columns(told: Told | None) -> tuple[str | None, ...]:
    return (None,) * 4 if told is None else (told.part, told.kind, told.left, told.right)


def _records(rows: Ints, texts: tuple[Path, ...]) -> dict[int, Record]:
    """The records of some rows."""
    records: dict[int, Record] = {}
    for path in texts:
        for batch in read_table(path):
            numbers = batch.column("row").to_numpy()
            places = np.flatnonzero(np.isin(numbers, rows, assume_unique=True))
            if len(places):
                part = batch.take(pa.array(places))
                records.update(zip(numbers[places].tolist(), records_of(part), strict=True))
    return records
