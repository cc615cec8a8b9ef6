"""Looking at sources without keeping anything: what `validate` does in place of a build."""

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
from prefdata.steps.compare.exact import ROWS_IN_MEMORY
from prefdata.steps.read.check import Checks, examine
from prefdata.steps.read.ingest import Reading
from prefdata.steps.read.pieces import Piece, pieces
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.transforms.compare.exact import exact_verdicts

_LINE_BITS = 40
"""A row is called by its segment and its place there until all segments are read."""


class ValidatedSegment(msgspec.Struct):
    """What was seen in one segment; places count from its start."""

    source: int
    rows: int = 0
    lines: int = 0
    quarantined: int = 0
    tally: Tally = msgspec.field(default_factory=Tally)


class Repeats(msgspec.Struct):
    """Rows that repeat or contradict others: how many by reason, and the first of them."""

    rows: dict[str, int] = {}
    first: dict[str, list[tuple[int, int | None]]] = {}
    """Reason to (row, other row), in the numbers of `place_of`."""


def validate_rows(
    engine: Engine, readings: Sequence[Reading], checks: Checks, folder: Path
) -> Iterator[ValidatedSegment]:
    """Examines every segment, leaving only the keys of its rows in `folder`."""
    return engine.map(partial(_survey_segment, checks=checks, folder=folder), readings)


def repeats(engine: Engine, readings: Sequence[Reading], folder: Path) -> Repeats:
    """Exact duplicates and label conflicts among the rows that the rules would leave."""
    total = Repeats()
    found = engine.group(
        _summarised,
        [_table(folder, reading) for reading in readings],
        by="prompt",
        work=folder,
        rows_in_memory=ROWS_IN_MEMORY,
    )
    for reason, rows, first, others in pl.concat(found).sort("first").iter_rows():
        total.rows[reason] = total.rows.get(reason, 0) + rows
        total.first.setdefault(reason, []).extend(zip(first, others, strict=True))
    for reason, places in total.first.items():
        total.first[reason] = sorted(places)[:EXAMPLES]
    return total


def place_of(number: int) -> tuple[int, int]:
    """The segment of a row, and its place there."""
    return number >> _LINE_BITS, number & ((1 << _LINE_BITS) - 1)


def _summarised(keys: pl.DataFrame) -> pl.DataFrame:
    verdicts = exact_verdicts(keys, ExactConfig(), LabelsConfig())
    return verdicts.group_by("reason", maintain_order=True).agg(
        rows=pl.len(), first=pl.col("row").head(EXAMPLES), others=pl.col("other").head(EXAMPLES)
    )


def _table(folder: Path, reading: Reading) -> Path:
    return folder / f"{reading.number:06d}.arrow"


def _survey_segment(reading: Reading, checks: Checks, folder: Path) -> ValidatedSegment:
    seen = ValidatedSegment(reading.source)
    write_table(_table(folder, reading), _keys(reading, checks, seen), KEYS_SCHEMA)
    return seen


def _keys(reading: Reading, checks: Checks, seen: ValidatedSegment) -> Iterator[pa.RecordBatch]:
    for piece in pieces(reading.segment, reading.match, reading.config):
        findings = _look(piece, reading, checks, seen)
        batch = piece.batch
        dropped = {f.index for f in findings if checks.level(f.code) == "error"}
        if dropped:
            batch = batch.filter(pa.array([i not in dropped for i in range(len(batch))]))
        keys = keys_of(batch, with_split=False)
        called = pc.add(batch.column("source_row"), reading.number << _LINE_BITS)
        yield keys.set_column(0, "row", called)


def _look(
    piece: Piece, reading: Reading, checks: Checks, seen: ValidatedSegment
) -> Sequence[Finding]:
    seen.rows, seen.lines = piece.rows, piece.lines
    seen.quarantined += len(piece.quarantined)
    for fault in piece.quarantined:
        seen.tally.find(
            fault.reason, FindingExample(reading.source, fault.source_row, fault.detail)
        )
    numbers = piece.batch.column("row").to_pylist() if piece.remarks else []
    remarks = {numbers[index]: [(code, said)] for index, code, said in piece.remarks}
    return examine(piece.batch, remarks, checks, reading.source, seen.tally)
