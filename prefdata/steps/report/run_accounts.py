"""The outcome of every row of a run, from the shards and verdict tables of its workspace."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.io.files.shards import QUARANTINE_SCHEMA, Shard, read_quarantine, read_records
from prefdata.records.columns import RECORD_SCHEMA, records_of
from prefdata.results.audit import RowPlace
from prefdata.results.manifest import RowCounts
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.pairs.row_counts import row_counts
from prefdata.steps.report.accounts import LINE_COLUMNS, VERDICT_COLUMNS, RowAccounts, Shown
from prefdata.steps.report.shown_texts import batches_with, shown_bytes, shown_record
from prefdata.steps.verdict_tables import DROP, FLAG, Tables, verdict_without_record

_PLACE = ["row", "source_row"]
_FAULT = ["row", "source_row", "reason", "evidence", "sentence"]


@dataclass(frozen=True)
class RunAccounts:
    """Accounts of a run whose rows have been read, checked, compared and split.

    `names`: names of the sources, by `shard.source`; `known`: properties of every active row.
    """

    shards: Sequence[Shard]
    verdicts: Tables
    names: tuple[str, ...]
    known: PairTable

    def parts(self) -> Iterator[RowAccounts]:
        """One part for every shard."""
        rows, splits = self.known.rows, self.known.frame.select("row", "split")
        for shard in self.shards:
            first, last = np.searchsorted(rows, [shard.rows.start, shard.rows.stop])
            yield self._part(shard, splits[int(first) : int(last)])

    def rows(self) -> RowCounts | None:
        """The rows of the sources, as their reading counted them."""
        return row_counts(self.shards)

    def shown(self, rows: Collection[int], characters: int) -> dict[int, Shown]:
        """Records with their texts, and quarantined rows with their raw text."""
        shown = {}
        for shard, batch in batches_with(self.shards, rows):
            numbers, places = (batch.column(name).to_pylist() for name in _PLACE)
            for row, at, record in zip(numbers, places, records_of(batch), strict=True):
                shown[row] = Shown(self._place(shard, row, at), shown_record(record, characters))
        return shown | self._quarantined(sorted(set(rows) - shown.keys()), characters)

    def _part(self, shard: Shard, splits: pl.DataFrame) -> RowAccounts:
        read = pl.DataFrame(_table(read_records(shard), RECORD_SCHEMA, _PLACE))
        faults = pl.DataFrame(_table(read_quarantine(shard), QUARANTINE_SCHEMA, _FAULT))
        verdicts = _verdicts_of(shard, self.verdicts, faults)
        gone = verdicts.filter(pl.col("verdict") != FLAG).select("row", "verdict")
        verdict = pl.col("verdict").fill_null("keep")
        lines = (
            pl.concat([read, faults.select(_PLACE)])
            .join(gone, on="row", how="left")
            .join(splits, on="row", how="left")
            .with_columns(
                verdict=verdict,
                split=pl.when(verdict == "keep").then("split"),
            )
        )
        called = shard.names_of(lines["row"].to_numpy(), self.names)
        lines = lines.with_columns(source=pl.Series("source", called, pl.String))
        return RowAccounts(lines.select(list(LINE_COLUMNS)).sort("row"), verdicts)

    def _quarantined(self, rows: Sequence[int], characters: int) -> dict[int, Shown]:
        wanted, shown = np.array(rows, np.int64), {}
        for shard in self.shards:
            first, last = np.searchsorted(wanted, [shard.rows.start, shard.rows.stop])
            if first == last or not (shard.written.quarantined or shard.written.unpaired):
                continue
            for batch in read_quarantine(shard):
                is_wanted = np.isin(batch.column("row").to_numpy(), wanted[first:last])
                for fault in batch.filter(pa.array(is_wanted)).to_pylist():
                    place = self._place(shard, fault["row"], fault["source_row"])
                    shown[fault["row"]] = Shown(place, raw=shown_bytes(fault["raw"], characters))
        return shown

    def _place(self, shard: Shard, row: int, source_row: int) -> RowPlace:
        return RowPlace(row=row, source=shard.name_of(row, self.names), source_row=source_row)


def _verdicts_of(shard: Shard, verdicts: Tables, faults: pl.DataFrame) -> pl.DataFrame:
    """The verdicts on the rows of a shard, as a frame of `VERDICT_COLUMNS`."""
    of_steps = pl.concat(pl.DataFrame(table) for _, table in verdicts.of_shard(shard))
    drops = of_steps.filter(verdict=DROP).unique("row", keep="first", maintain_order=True)
    flags = of_steps.join(drops, on="row", how="anti").unique(
        ["row", "reason"], keep="first", maintain_order=True
    )
    frames = (
        faults.with_columns(
            verdict=verdict_without_record(pl.col("reason")),
            other=pl.lit(None, pl.Int64),
        ),
        drops,
        flags.with_columns(verdict=pl.lit(FLAG)),
    )
    whole = pl.concat(frame.select(list(VERDICT_COLUMNS)) for frame in frames)
    return whole.sort("row", maintain_order=True)


def _table(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, columns: Sequence[str]
) -> pa.Table:
    """Some columns of all batches as one table; empty for no batches."""
    chosen = pa.schema([schema.field(name) for name in columns])
    return pa.Table.from_batches([batch.select(columns) for batch in batches], chosen)
