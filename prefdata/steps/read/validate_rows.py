"""Applying the rules to sources without writing a dataset, for the command `validate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.model import ExactConfig, LabelsConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import write_table
from prefdata.records.finding import Finding
from prefdata.records.identity import KEYS_SCHEMA, keys_of
from prefdata.results.validation import EXAMPLES
from prefdata.steps.duplicates.exact import ROWS_IN_MEMORY
from prefdata.steps.read.check import Checks, examine
from prefdata.steps.read.ingest import Reading
from prefdata.steps.read.records_or_quarantine import Piece, pieces
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.transforms.duplicates.exact import exact_verdicts

_LINE_BITS = 40
"""Bits for the position of a row in its segment: a row number here is (segment, position)."""


class ValidatedSegment(msgspec.Struct):
    """The result for one segment; row and line numbers count from its start."""

    source: int
    rows: int = 0
    lines: int = 0
    quarantined: int = 0
    tally: Tally = msgspec.field(default_factory=Tally)


class Repeats(msgspec.Struct):
    """Exact duplicates and conflicts by reason: number of `rows`, and the `first` of them."""

    rows: dict[str, int] = {}
    first: dict[str, list[tuple[int, int | None]]] = {}
    """Reason to (row, other row) pairs, numbered as in `place_of`."""


def validate_rows(
    engine: Engine, readings: Sequence[Reading], checks: Checks, folder: Path
) -> Iterator[ValidatedSegment]:
    """Examines every segment and yields a summary for each; writes only row keys, to `folder`."""
    return engine.map(partial(_validate_segment, checks=checks, folder=folder), readings)


def repeats(engine: Engine, readings: Sequence[Reading], folder: Path) -> Repeats:
    """Exact duplicates and label conflicts among the rows that pass the rules."""
    total = Repeats()
    frames = engine.group(
        _summarised,
        [_table(folder, reading) for reading in readings],
        by="prompt",
        work=folder,
        rows_in_memory=ROWS_IN_MEMORY,
    )
    for reason, rows, first, others in pl.concat(frames).sort("first").iter_rows():
        total.rows[reason] = total.rows.get(reason, 0) + rows
        total.first.setdefault(reason, []).extend(zip(first, others, strict=True))
    for reason, places in total.first.items():
        total.first[reason] = sorted(places)[:EXAMPLES]
    return total


def place_of(number: int) -> tuple[int, int]:
    """The segment of a row, and its position there."""
    return number >> _LINE_BITS, number & ((1 << _LINE_BITS) - 1)


def _summarised(keys: pl.DataFrame) -> pl.DataFrame:
    verdicts = exact_verdicts(keys, ExactConfig(), LabelsConfig())
    return verdicts.group_by("reason", maintain_order=True).agg(
        rows=pl.len(), first=pl.col("row").head(EXAMPLES), others=pl.col("other").head(EXAMPLES)
    )


def _table(folder: Path, reading: Reading) -> Path:
    return folder / f"{reading.number:06d}.arrow"


def _validate_segment(reading: Reading, checks: Checks, folder: Path) -> ValidatedSegment:
    segment = ValidatedSegment(reading.source)
    write_table(_table(folder, reading), _keys(reading, checks, segment), KEYS_SCHEMA)
    return segment


def _keys(reading: Reading, checks: Checks, segment: ValidatedSegment) -> Iterator[pa.RecordBatch]:
    for piece in pieces(reading.segment, reading.match, reading.config):
        findings = _examine(piece, reading, checks, segment)
        batch = piece.batch
        dropped = {f.index for f in findings if checks.level(f.code) == "error"}
        if dropped:
            batch = batch.filter(pa.array([i not in dropped for i in range(len(batch))]))
        keys = keys_of(batch, with_split=False)
        called = pc.add(batch.column("source_row"), reading.number << _LINE_BITS)
        yield keys.set_column(0, "row", called)


def _examine(
    piece: Piece, reading: Reading, checks: Checks, segment: ValidatedSegment
) -> Sequence[Finding]:
    segment.rows, segment.lines = piece.rows, piece.lines
    segment.quarantined += len(piece.quarantined)
    for fault in piece.quarantined:
        segment.tally.find(
            fault.reason, FindingExample(reading.source, fault.source_row, fault.detail)
        )
    numbers = piece.batch.column("row").to_pylist() if piece.remarks else []
    remarks = {numbers[index]: [(code, evidence)] for index, code, evidence in piece.remarks}
    return examine(piece.batch, remarks, checks, reading.source, segment.tally)
