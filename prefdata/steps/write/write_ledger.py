"""Step 6: writes the ledger, the dropped records, the quarantine and the judgements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from prefdata.engines.engine import Engine
from prefdata.io.bytes.source import raw_fields
from prefdata.io.files.atomic import atomic_file
from prefdata.io.files.shards import Shard, read_quarantine, read_records, read_spoken, read_table
from prefdata.records.columns import RECORD_SCHEMA
from prefdata.records.identity import KEYS_SCHEMA, keys_of, record_fingerprints
from prefdata.results.layout import DROPPED, JUDGEMENTS, LEDGER, NOT_READ, QUARANTINE
from prefdata.results.ledger import JUDGEMENTS_SCHEMA, LEDGER_SCHEMA, PAIRS
from prefdata.results.not_read import NotRead
from prefdata.rules.pairing import UNPAIRED
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import DROP, Tables
from prefdata.steps.write.assign_shards import plan_file
from prefdata.steps.write.write_data import Entry, OutputPlace, entry
from prefdata.transforms.split.split import SPLITS

ROWS_IN_FILE = 250_000
"""Rows of one ledger file (a record shard is never cut)."""

DROPPED_SCHEMA = RECORD_SCHEMA.insert(1, pa.field("source", pa.string())).append(
    pa.field("reason", pa.string())
)


@dataclass(frozen=True)
class Books:
    """The inputs of the ledger."""

    place: OutputPlace
    verdicts: Tables
    files: tuple[tuple[str, ...], ...]
    """For every split, the paths of its data files by number."""


def write_ledger(
    engine: Engine, shards: Sequence[Shard], keys: Sequence[Path], books: Books
) -> Iterator[list[Entry]]:
    """Writes `ledger/`, `dropped/`, `quarantine/` and `judgements/`; yields the entries of each
    part."""
    parts = list(enumerate(_parts(list(zip(shards, keys, strict=True)))))
    return engine.map(partial(_write_part, books=books), parts)


def write_not_read(root: Path, files: Sequence[NotRead]) -> list[Entry]:
    """Writes a line for each file that was not read, if there are any, beside those of the rows."""
    if not files:
        return []
    with atomic_file(root / NOT_READ, durable=False) as sink:
        for file in files:
            sink.write(msgspec.json.encode(file.model_dump(mode="json")) + b"\n")
    return [entry(root, sink.written())]


def _parts(shards: list[tuple[Shard, Path]]) -> Iterator[list[tuple[Shard, Path]]]:
    part: list[tuple[Shard, Path]] = []
    for item in shards:
        part.append(item)
        if sum(shard.written.rows for shard, _ in part) >= ROWS_IN_FILE:
            yield part
            part = []
    if part or not shards:
        yield part


def _write_part(part: tuple[int, list[tuple[Shard, Path]]], books: Books) -> list[Entry]:
    number, shards = part
    mark = books.place.marks / f"ledger-{number:05d}.json"
    return once(mark, list[Entry], lambda: list(_write(number, shards, books)))


def _write(number: int, shards: list[tuple[Shard, Path]], books: Books) -> Iterator[Entry]:
    root = books.place.root
    ledgers = [_ledger(shard, keys, books) for shard, keys in shards]
    lines = (batch for ledger in ledgers for batch in ledger.to_batches())
    yield write_book(root, f"{LEDGER}/ledger-{number:05d}.parquet", LEDGER_SCHEMA, lines)
    if any(pc.any(pc.equal(ledger.column("verdict"), DROP)).as_py() for ledger in ledgers):
        records = (batch for shard, _ in shards for batch in _dropped(shard, books))
        yield write_book(root, f"{DROPPED}/dropped-{number:05d}.parquet", DROPPED_SCHEMA, records)
    if any(shard.written.quarantined for shard, _ in shards):
        path = root / f"{QUARANTINE}/quarantine-{number:05d}.jsonl"
        yield _write_rows(path, shards, books, lambda reason: reason not in UNPAIRED)
    if any(shard.written.unpaired for shard, _ in shards):
        path = root / f"{DROPPED}/unpaired-{number:05d}.jsonl"
        yield _write_rows(path, shards, books, UNPAIRED.__contains__)
    if any(shard.written.spoken for shard, _ in shards):
        spoken = (batch for shard, _ in shards for batch in _spoken(shard, books))
        name = f"{JUDGEMENTS}/judgements-{number:05d}.parquet"
        yield write_book(root, name, JUDGEMENTS_SCHEMA, spoken)


def write_book(
    root: Path, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Entry:
    """Writes a Parquet file under `root`; every batch becomes a row group."""
    rows = 0
    with (
        atomic_file(root / name, durable=False) as sink,
        pq.ParquetWriter(sink, schema, compression="zstd") as writer,
    ):
        for batch in batches:
            rows += len(batch)
            writer.write_batch(batch)
    return entry(root, sink.written(rows=rows))


def _ledger(shard: Shard, keys: Path, books: Books) -> pa.Table:
    """The ledger of the rows of one shard."""
    rows = (
        _read_rows(shard)
        .join(_fingerprints(shard, keys), on="row", how="left")
        .join(_verdicts(shard, books), on="row", how="left")
        .join(_destinations(shard, books), on="row", how="left")
        .sort("row")
    )
    is_unpaired = pl.col("quarantined").is_in(sorted(UNPAIRED))
    is_quarantined = pl.col("quarantined").is_not_null() & ~is_unpaired
    ledger = rows.with_columns(
        source=pl.Series(
            shard.names_of(rows["row"].to_numpy(), books.place.sources), dtype=pl.String
        ),
        verdict=pl.when(is_quarantined)
        .then(pl.lit("quarantine"))
        .when(pl.col("reason").is_not_null() | pl.col("quarantined").is_not_null())
        .then(pl.lit(DROP))
        .otherwise(pl.lit("keep")),
        step=pl.when(is_quarantined)
        .then(pl.lit("ingest"))
        .when(is_unpaired)
        .then(pl.lit(PAIRS))
        .otherwise("step"),
        reason=pl.coalesce("quarantined", "reason"),
        evidence=pl.coalesce("detail", "evidence"),
        flags=pl.col("flags").fill_null([]),
    )
    return ledger.select(LEDGER_SCHEMA.names).to_arrow().cast(LEDGER_SCHEMA)


def _read_rows(shard: Shard) -> pl.DataFrame:
    """Row and source row of every entry; reason and detail if it has no record."""
    records = pa.table(
        {
            name: pa.chunked_array([b.column(name) for b in read_records(shard)], pa.int64())
            for name in ("row", "source_row")
        }
    )
    nothing = pl.lit(None, pl.String)
    faults = pa.Table.from_batches(
        read_quarantine(shard), schema=next(read_quarantine(shard)).schema
    ).select(["row", "source_row", "reason", "detail"])
    return pl.concat(
        [
            pl.DataFrame(records).with_columns(quarantined=nothing, detail=nothing),
            pl.DataFrame(faults).rename({"reason": "quarantined"}),
        ]
    )


def _fingerprints(shard: Shard, keys: Path) -> pl.DataFrame:
    """The fingerprint of every row: from its keys if it has some, else from the record."""
    batches = list(read_table(keys))
    known = np.concatenate([batch.column("row").to_numpy() for batch in batches] or [np.zeros(0)])
    if len(known) < shard.written.records:
        batches += [
            keys_of(
                batch.filter(pa.array(~np.isin(batch.column("row").to_numpy(), known))),
                with_split=False,
            )
            for batch in read_records(shard)
        ]
    table = pa.Table.from_batches(batches, schema=KEYS_SCHEMA).combine_chunks()
    prints = [value for batch in table.to_batches() for value in record_fingerprints(batch)]
    return pl.DataFrame(
        {"row": table.column("row").to_numpy(), "fingerprint": pl.Series(prints, dtype=pl.String)}
    )


def _verdicts(shard: Shard, books: Books) -> pl.DataFrame:
    """One line per row: the first verdict that drops it, and all other verdicts as flags."""
    verdicts = pl.concat(
        pl.DataFrame(table).with_columns(step=pl.lit(step))
        for step, table in books.verdicts.of_shard(shard)
    )
    drops = verdicts.filter(pl.col("verdict") == DROP).unique(
        "row", keep="first", maintain_order=True
    )
    flags = (
        verdicts.join(
            drops.select("row", "reason", "step"), on=["row", "reason", "step"], how="anti"
        )
        .group_by("row", maintain_order=True)
        .agg(flags=pl.struct("reason", "evidence", "other"))
    )
    return flags.join(drops.drop("verdict"), on="row", how="full", coalesce=True)


def _destinations(shard: Shard, books: Books) -> pl.DataFrame:
    plan = pl.DataFrame(pa.Table.from_batches(read_table(plan_file(books.place.plans, shard))))
    places = [
        (split, number, SPLITS[split], file)
        for split, files in enumerate(books.files)
        for number, file in enumerate(files)
    ]
    names = pl.DataFrame(
        places,
        schema={"split": pl.Int8, "output": pl.Int32, "name": pl.String, "file": pl.String},
        orient="row",
    )
    return plan.join(names, on=["split", "output"], how="left").select(
        "row", "group", split="name", file="file"
    )


def _dropped(shard: Shard, books: Books) -> Iterator[pa.RecordBatch]:
    """The records that a step dropped, in full, since the source may no longer exist later."""
    verdicts = _verdicts(shard, books).filter(pl.col("reason").is_not_null()).sort("row")
    if verdicts.is_empty():
        return
    rows = verdicts["row"].to_numpy()
    reasons = verdicts["reason"].to_arrow().cast(pa.string())
    for batch in read_records(shard):
        numbers = batch.column("row").to_numpy()
        is_dropped = np.isin(numbers, rows, assume_unique=True)
        if is_dropped.any():
            chosen = batch.filter(pa.array(is_dropped))
            why = reasons.take(pa.array(np.searchsorted(rows, numbers[is_dropped])))
            source = shard.names_of(chosen.column("row").to_numpy(), books.place.sources)
            columns = [chosen.column(0), source, *chosen.columns[1:], why]
            yield pa.RecordBatch.from_arrays(columns, schema=DROPPED_SCHEMA)


def _spoken(shard: Shard, books: Books) -> Iterator[pa.RecordBatch]:
    """The rows of sources that speak in the pairs of a shard."""
    table = read_spoken(shard)
    names = pa.array(books.place.sources, pa.string())
    columns = [table.column("row"), names.take(table.column("source")), *table.columns[2:]]
    return iter(pa.Table.from_arrays(columns, schema=JUDGEMENTS_SCHEMA).to_batches())


def _write_rows(
    path: Path,
    shards: list[tuple[Shard, Path]],
    books: Books,
    is_wanted: Callable[[str], bool],
) -> Entry:
    """Writes rows without a record, of some reasons, as they stand in their source."""
    rows = 0
    with atomic_file(path, durable=False) as sink:
        for shard, _ in shards:
            for batch in read_quarantine(shard):
                for fault in batch.to_pylist():
                    if not is_wanted(fault["reason"]):
                        continue
                    del fault["sentence"]  # the detail says the same
                    line = {"source": shard.name_of(fault["row"], books.place.sources), **fault}
                    sink.write(msgspec.json.encode(line | raw_fields(line.pop("raw"))) + b"\n")
                    rows += 1
    return entry(books.place.root, sink.written(rows=rows))
