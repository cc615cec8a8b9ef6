"""Step 6: writes the ledger, the dropped records, the quarantine and the judgements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from prefdata.io.files.shards import (
    QUARANTINE_SCHEMA,
    Shard,
    read_quarantine,
    read_records,
    read_spoken,
    read_table,
)
from prefdata.records.columns import RECORD_SCHEMA
from prefdata.records.identity import KEYS_SCHEMA, keys_of, pair_fingerprints
from prefdata.results.layout import DROPPED, JUDGEMENTS, LEDGER, NOT_READ, QUARANTINE
from prefdata.results.ledger import (
    DROPPED_SCHEMA,
    JUDGEMENTS_SCHEMA,
    LEDGER_SCHEMA,
    MEASURING,
    PAIRS,
    measured,
)
from prefdata.results.not_read import NotRead
from prefdata.rules.pairing import UNPAIRED
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import DROP, Tables, verdict_without_record, within
from prefdata.steps.write.assign_shards import plan_file
from prefdata.steps.write.connected import CONNECTED_SCHEMA, Connected
from prefdata.steps.write.fingerprints import Fingerprints
from prefdata.steps.write.write_data import Entry, OutputPlace, entry
from prefdata.transforms.convert.formats import tools_column
from prefdata.transforms.split.split import SPLITS
from prefdata.transforms.texts.row_language import row_languages

ROWS_IN_FILE = 250_000
"""Rows of one ledger file (a record shard is never cut)."""

ROWS_IN_GROUP = 65_536
"""Rows of one row group of a Parquet file, at least, but for the last."""

_STEPS = {"quarantine": "ingest", DROP: PAIRS}
"""The step that passed the verdict on a row without a record."""

_READ_SCHEMA = pa.schema(
    [
        *(RECORD_SCHEMA.field(name) for name in ("row", "source_row", "margin")),
        pa.field("language", pa.string()),
    ]
)
_MEASURED = pl.Schema(LEDGER_SCHEMA)["measured"]


@dataclass(frozen=True)
class Books:
    """The inputs of the ledger."""

    place: OutputPlace
    verdicts: Tables
    connected: Connected
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
    if any(pc.any(_is_dropped(ledger)).as_py() for ledger in ledgers):
        records = (
            batch
            for (shard, _), ledger in zip(shards, ledgers, strict=True)
            for batch in _dropped(shard, ledger)
        )
        yield write_book(root, f"{DROPPED}/dropped-{number:05d}.parquet", DROPPED_SCHEMA, records)
    if any(shard.written.quarantined for shard, _ in shards):
        path = root / f"{QUARANTINE}/quarantine-{number:05d}.jsonl"
        yield _write_rows(path, shards, books, "quarantine")
    if any(shard.written.unpaired for shard, _ in shards):
        path = root / f"{DROPPED}/unpaired-{number:05d}.jsonl"
        yield _write_rows(path, shards, books, DROP)
    if any(shard.written.spoken for shard, _ in shards):
        spoken = (batch for shard, _ in shards for batch in _spoken(shard, books))
        name = f"{JUDGEMENTS}/judgements-{number:05d}.parquet"
        yield write_book(root, name, JUDGEMENTS_SCHEMA, spoken)


def write_book(
    root: Path, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Entry:
    """Writes a Parquet file under `root`; batches become row groups of `ROWS_IN_GROUP` rows or
    more."""
    rows = 0
    with (
        atomic_file(root / name, durable=False) as sink,
        pq.ParquetWriter(sink, schema, compression="zstd") as writer,
    ):
        for table in _row_groups(batches, schema):
            rows += len(table)
            writer.write_table(table, row_group_size=len(table))
    return entry(root, sink.written(rows=rows))


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if len(batch):
            held.append(batch)
            rows += len(batch)
        if rows >= ROWS_IN_GROUP:
            yield pa.Table.from_batches(held, schema)
            held, rows = [], 0
    if held:
        yield pa.Table.from_batches(held, schema)


def _ledger(shard: Shard, keys: Path, books: Books) -> pa.Table:
    """The ledger of the rows of one shard."""
    rows = (
        _read_rows(shard)
        .join(_fingerprints(shard, keys, books.connected), on="row", how="left")
        .join(_verdicts(shard, books), on="row", how="left")
        .join(_destinations(shard, books), on="row", how="left")
        .join(_connected(shard, books), on="row", how="left")
        .sort("row")
    )
    ledger = rows.with_columns(
        source=pl.Series(
            shard.names_of(rows["row"].to_numpy(), books.place.sources), dtype=pl.String
        ),
        verdict=pl.when(pl.col("quarantined").is_not_null())
        .then(verdict_without_record(pl.col("quarantined")))
        .when(pl.col("reason").is_not_null())
        .then(pl.lit(DROP))
        .otherwise(pl.lit("keep")),
        step=pl.coalesce(
            verdict_without_record(pl.col("quarantined")).replace_strict(_STEPS), "step"
        ),
        reason=pl.coalesce("quarantined", "reason"),
        evidence=pl.coalesce("fault", "evidence"),
        group=pl.coalesce("group", "group_by_prompt"),
        cluster=pl.when(pl.col("fingerprint").is_not_null()).then(pl.coalesce("cluster", "row")),
        flags=pl.col("flags").fill_null([]),
    )
    return ledger.select(LEDGER_SCHEMA.names).to_arrow().cast(LEDGER_SCHEMA)


def _read_rows(shard: Shard) -> pl.DataFrame:
    """Row and source row of every entry, margin and language of its record, or reason and evidence
    if it has none."""
    records = [
        batch.select(["row", "source_row", "margin"]).append_column(
            "language", row_languages(batch)
        )
        for batch in read_records(shard)
    ]
    faults = pa.Table.from_batches(read_quarantine(shard), QUARANTINE_SCHEMA)
    return pl.concat(
        [
            pl.DataFrame(pa.Table.from_batches(records, _READ_SCHEMA)),
            pl.DataFrame(faults).select(
                *("row", "source_row"), quarantined="reason", fault="evidence"
            ),
        ],
        how="diagonal",
    )


def _fingerprints(shard: Shard, keys: Path, connected: Connected) -> pl.DataFrame:
    """The fingerprint of every record: from its keys if it has some. For a record without keys,
    which was not compared, also `group_by_prompt`."""
    batches = list(read_table(keys))
    known = np.concatenate([batch.column("row").to_numpy() for batch in batches] or [np.zeros(0)])
    compared = pa.Table.from_batches(batches, schema=KEYS_SCHEMA)
    prints = _prints_of(compared).with_columns(group_by_prompt=pl.lit(None, pl.Int64))
    if len(known) == shard.written.records:
        return prints
    others = [
        keys_of(batch.filter(pa.array(~np.isin(batch.column("row").to_numpy(), known))))
        for batch in read_records(shard)
    ]
    table = pa.Table.from_batches(others, schema=KEYS_SCHEMA)
    groups = connected.groups_of(table["row"].to_numpy(), table["split"].to_numpy())
    return pl.concat([prints, _prints_of(table).with_columns(group_by_prompt=pl.Series(groups))])


def _prints_of(keys: pa.Table) -> pl.DataFrame:
    prints = Fingerprints.of_keys(keys)
    pairs = [value for batch in keys.to_batches() for value in pair_fingerprints(batch)]
    return pl.DataFrame(
        {
            "row": prints.rows,
            "fingerprint": pl.Series(prints.values),
            "pair": pl.Series(pairs, dtype=pl.String),
        }
    )


def _connected(shard: Shard, books: Books) -> pl.DataFrame:
    batches = within(books.connected.of_rows, shard.rows)
    return pl.DataFrame(pa.Table.from_batches(batches, CONNECTED_SCHEMA))


def _verdicts(shard: Shard, books: Books) -> pl.DataFrame:
    """One line per row: the first verdict that drops it, and all other verdicts as flags."""
    verdicts = pl.concat(
        pl.DataFrame(table).with_columns(step=pl.lit(step))
        for step, table in books.verdicts.of_shard(shard)
    )
    verdicts = verdicts.with_columns(measured=_measured(verdicts["sentence"]))
    drops = verdicts.filter(pl.col("verdict") == DROP).unique(
        "row", keep="first", maintain_order=True
    )
    flags = (
        verdicts.join(
            drops.select("row", "reason", "step"), on=["row", "reason", "step"], how="anti"
        )
        .group_by("row", maintain_order=True)
        .agg(flags=pl.struct("reason", "evidence", "other", "measured"))
    )
    return flags.join(drops.drop("verdict"), on="row", how="full", coalesce=True)


def _measured(sentences: pl.Series) -> pl.Series:
    """The evidence of verdicts as numbers, from its sentences as JSON."""
    codes = sentences.str.extract(r'^\{"code":"([^"]+)"')
    texts = sentences.set(~codes.is_in(MEASURING).fill_null(value=False), None)
    values = [None if text is None else measured(text) for text in texts]
    return pl.Series(values, dtype=_MEASURED)


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
        "row", split="name", file="file"
    )


def _is_dropped(ledger: pa.Table) -> pa.ChunkedArray:
    return pc.equal(ledger.column("verdict"), DROP)


def _dropped(shard: Shard, ledger: pa.Table) -> Iterator[pa.RecordBatch]:
    """The records that a step dropped, in full, since the source may no longer exist later."""
    lines = ledger.filter(_is_dropped(ledger)).combine_chunks()
    rows = lines.column("row").to_numpy()
    for batch in read_records(shard):
        numbers = batch.column("row").to_numpy()
        is_dropped = np.isin(numbers, rows, assume_unique=True)
        if is_dropped.any():
            record = batch.filter(pa.array(is_dropped))
            line = lines.take(np.searchsorted(rows, numbers[is_dropped])).to_batches()[0]
            parts = {name: record.column(name) for name in record.schema.names}
            parts |= {name: line.column(name) for name in line.schema.names}
            parts["tools"] = tools_column(record)
            columns = [parts[name] for name in DROPPED_SCHEMA.names]
            yield pa.RecordBatch.from_arrays(columns, schema=DROPPED_SCHEMA)


def _spoken(shard: Shard, books: Books) -> Iterator[pa.RecordBatch]:
    """The rows of sources that speak in the pairs of a shard."""
    table = read_spoken(shard)
    names = pa.array(books.place.sources, pa.string())
    columns = [table.column("row"), names.take(table.column("source")), *table.columns[2:]]
    return iter(pa.Table.from_arrays(columns, schema=JUDGEMENTS_SCHEMA).to_batches())


def _write_rows(path: Path, shards: list[tuple[Shard, Path]], books: Books, verdict: str) -> Entry:
    """Writes rows without a record, those with a verdict, as they stand in their source."""
    rows = 0
    with atomic_file(path, durable=False) as sink:
        for shard, _ in shards:
            for batch in read_quarantine(shard):
                for fault in batch.to_pylist():
                    if (fault["reason"] in UNPAIRED) != (verdict == DROP):
                        continue
                    line = {
                        "source": shard.name_of(fault["row"], books.place.sources),
                        "row": fault["row"],
                        "source_row": fault["source_row"],
                        "verdict": verdict,
                        "reason": fault["reason"],
                        "evidence": fault["evidence"],
                    }
                    sink.write(msgspec.json.encode(line | raw_fields(fault["raw"])) + b"\n")
                    rows += 1
    return entry(books.place.root, sink.written(rows=rows))
