"""Applying the rules to sources without writing a dataset, for the command `validate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.model import ExactConfig, LabelsConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.pictures import PictureFile
from prefdata.io.files.shards import read_table, write_table
from prefdata.records.finding import Finding
from prefdata.records.identity import KEYS_SCHEMA, keys_of
from prefdata.results.validation import EXAMPLES
from prefdata.steps.duplicates.exact import ROWS_IN_MEMORY
from prefdata.steps.read.check import Checks, examine
from prefdata.steps.read.entries import Piece, quarantined_in
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.steps.read.together import Readings, merged, read_together, repeated
from prefdata.transforms.duplicates.exact import exact_verdicts

_FEW_ROWS = 1_000
_LINE_BITS = 40
"""Bits for the position of a row in its segment: a row number here is (segment, position)."""


class ValidatedSegment(msgspec.Struct):
    """The result for one segment; row and line numbers count from its start.

    `silent`: rows without a record. `spoken`: whether rows are judgements that speak in pairs.
    """

    source: int
    rows: int = 0
    lines: int = 0
    quarantined: int = 0
    silent: int = 0
    spoken: bool = False
    tally: Tally = msgspec.field(default_factory=Tally)


class Repeats(msgspec.Struct):
    """Exact duplicates and conflicts by reason: number of `rows`, and the `first` of them."""

    rows: dict[str, int] = {}
    first: dict[str, list[tuple[int, int | None]]] = {}
    """Reason to (row, other row) pairs, numbered as in `place_of`."""


def validate_rows(
    engine: Engine, groups: Sequence[Readings], checks: Checks, folder: Path
) -> Iterator[list[ValidatedSegment]]:
    """Examines every segment and yields a summary for each, in lists for those that are read
    together; writes only row keys, to `folder`."""
    return engine.map(partial(_validate_group, checks=checks, folder=folder), groups)


def repeats(engine: Engine, groups: Sequence[Readings], folder: Path) -> Repeats:
    """Exact duplicates and label conflicts among the rows that pass the rules."""
    total = Repeats()
    tables = [_table(folder, group) for group in groups]
    if not _may_repeat(tables):
        return total
    engine.rest()  # comparing needs the memory that workers keep for blocks
    frames = engine.group(
        _summarised,
        tables,
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


def _may_repeat(tables: Iterable[Path]) -> bool:
    """Whether a prompt occurs twice, without which nothing repeats; with many rows it may."""
    prompts: list[pa.Array] = []
    rows = 0
    for batch in chain.from_iterable(map(read_table, tables)):
        prompts.append(batch.column("prompt"))
        rows += len(batch)
        if rows > _FEW_ROWS:
            return True
    return rows > 0 and len(pc.unique(pa.chunked_array(prompts))) < rows


def place_of(number: int) -> tuple[int, int]:
    """The segment of a row, and its position there."""
    return number >> _LINE_BITS, number & ((1 << _LINE_BITS) - 1)


def _summarised(keys: pl.DataFrame) -> pl.DataFrame:
    verdicts = exact_verdicts(keys, ExactConfig(), LabelsConfig())
    return verdicts.group_by("reason", maintain_order=True).agg(
        rows=pl.len(), first=pl.col("row").head(EXAMPLES), others=pl.col("other").head(EXAMPLES)
    )


def _table(folder: Path, group: Readings) -> Path:
    return folder / f"{group[0].number:06d}.arrow"


def _validate_group(group: Readings, checks: Checks, folder: Path) -> list[ValidatedSegment]:
    segments = [ValidatedSegment(reading.source) for reading in group]
    write_table(_table(folder, group), _keys(group, checks, segments), KEYS_SCHEMA)
    return segments


def _keys(
    group: Readings, checks: Checks, segments: list[ValidatedSegment]
) -> Iterator[pa.RecordBatch]:
    """The keys of the sound rows. Findings of all are added to the tally of the first segment."""
    for held in _held(group):
        findings = _examine(held, group[0].number, checks, segments)
        piece = merged([piece for _, piece in held])
        readings = repeated([reading.number for reading, _ in held], [each for _, each in held])
        batch = piece.batch
        called = pc.add(batch.column("source_row"), pa.array(readings << _LINE_BITS))
        keys = keys_of(batch, with_split=False).set_column(0, "row", called)
        dropped = {f.index for f in findings if checks.level(f.code) == "error"}
        if dropped:
            keys = keys.filter(pa.array([i not in dropped for i in range(len(batch))]))
        yield keys


def _held(group: Readings) -> Iterator[list[tuple[Reading, Piece]]]:
    """The pieces of a segment one by one; those of small sources together, up to a block."""
    held: list[tuple[Reading, Piece]] = []
    size = 0
    for reading, piece in read_together(group, PictureFile()):
        held.append((reading, piece))
        size += piece.batch.nbytes
        if len(group) == 1 or size >= reading.config.block_bytes:
            yield held
            held, size = [], 0
    if held:
        yield held


def _examine(
    held: Sequence[tuple[Reading, Piece]],
    first: int,
    checks: Checks,
    segments: list[ValidatedSegment],
) -> Sequence[Finding]:
    tally = segments[0].tally
    for reading, each in held:
        segment = segments[reading.number - first]
        segment.rows += each.read
        segment.lines = each.lines
        segment.quarantined += quarantined_in(each)
        segment.silent += len(each.quarantined)
        segment.spoken |= bool(each.spoken)
        for fault in each.quarantined:
            place = FindingExample(reading.source, fault.source_row, str(fault.evidence))
            tally.find(fault.reason, place)
    pieces = [piece for _, piece in held]
    piece = merged(pieces)
    numbers = piece.batch.column("row").to_pylist() if piece.remarks else []
    remarks: dict[int, list[tuple[str, str]]] = {}
    for index, code, evidence in piece.remarks:
        remarks.setdefault(numbers[index], []).append((code, evidence))
    sources = repeated([reading.source for reading, _ in held], pieces)
    return examine(piece.batch, remarks, checks, sources, tally)
