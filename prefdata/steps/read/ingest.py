"""Step 1: reads sources into record shards; rows that cannot be read go to quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from prefdata.config.model import ReadConfig
from prefdata.dialects.detect import Match
from prefdata.engines.engine import Engine
from prefdata.io.bytes.books import Content, close
from prefdata.io.bytes.source import Segment
from prefdata.io.files.shards import (
    QUARANTINE_SCHEMA,
    REMARKS_SCHEMA,
    Shard,
    Written,
    with_offsets,
    write_table,
)
from prefdata.records.columns import RECORD_SCHEMA
from prefdata.steps.once import once
from prefdata.steps.read.records_or_quarantine import Piece, pieces


@dataclass(frozen=True)
class Reading:
    """One segment to read, with everything that its records depend on."""

    number: int
    source: int
    segment: Segment
    match: Match
    config: ReadConfig


def ingest(engine: Engine, readings: Sequence[Reading], folder: Path) -> Iterator[list[Shard]]:
    """Reads every segment into shards in `folder`; yields those of each segment, in order.

    Raises RunError if not everything that a source holds was read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = row = line = 0
    source, content = -1, Content()
    for reading, shards in zip(
        readings, engine.map(partial(ingest_segment, folder=folder), readings), strict=True
    ):
        if reading.source != source:
            source, line, content = reading.source, 0, Content()
        for written in shards:
            content.add(written.content)
        if reading.segment.stop is None:
            close(content, Segment(reading.segment.source))
        placed = []
        for written in shards:
            placed.append(Shard(folder, written, number, source, row, line))
            number, row, line = number + 1, row + written.rows, line + written.lines
        yield placed


def ingest_segment(reading: Reading, folder: Path) -> list[Written]:
    """Reads one segment into one shard or, if it is large, several."""
    mark = folder / f"{reading.number:06d}.json"
    return once(mark, list[Written], lambda: list(_write_shards(reading, folder)))


def _write_shards(reading: Reading, folder: Path) -> Iterator[Written]:
    held: list[Piece] = []
    rows = lines = part = size = 0
    for piece in pieces(reading.segment, reading.match, reading.config):
        held.append(piece)
        size += piece.batch.nbytes
        if size >= reading.config.segment_bytes:
            yield _write_shard(folder, f"{reading.number:06d}-{part:03d}", held, rows, lines)
            rows, lines, part, size = piece.rows, piece.lines, part + 1, 0
            held.clear()
    if held or not part:
        yield _write_shard(folder, f"{reading.number:06d}-{part:03d}", held, rows, lines)


def _write_shard(folder: Path, stem: str, held: list[Piece], rows: int, lines: int) -> Written:
    """Writes pieces as one shard, numbered from its own start; `rows` and `lines` of the segment
    precede it."""
    quarantine = [
        {
            "row": q.row - rows,
            "source_row": q.source_row - lines,
            "reason": q.reason,
            "detail": q.detail,
            "raw": q.raw,
        }
        for piece in held
        for q in piece.quarantined
    ]
    remarks = [
        {"row": piece.batch.column("row")[index].as_py() - rows, "code": code, "evidence": evidence}
        for piece in held
        for index, code, evidence in piece.remarks
    ]
    records = [with_offsets(piece.batch, -rows, -lines) for piece in held]
    write_table(folder / f"{stem}.records.arrow", records, RECORD_SCHEMA)
    write_table(
        folder / f"{stem}.quarantine.arrow",
        _table(quarantine, QUARANTINE_SCHEMA),
        QUARANTINE_SCHEMA,
    )
    write_table(folder / f"{stem}.remarks.arrow", _table(remarks, REMARKS_SCHEMA), REMARKS_SCHEMA)
    last = held[-1] if held else None
    content = Content()
    for piece in held:
        content.add(piece.content)
    return Written(
        stem=stem,
        rows=(last.rows if last else 0) - rows,
        records=sum(len(batch) for batch in records),
        quarantined=len(quarantine),
        lines=(last.lines if last else 0) - lines,
        content=content,
    )


def _table(rows: list[dict[str, object]], schema: pa.Schema) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist(rows, schema=schema)]
