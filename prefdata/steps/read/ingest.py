"""Step 1: reads sources into record shards; rows that cannot be read go to quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from prefdata.engines.engine import Engine
from prefdata.io.bytes.books import Content, close
from prefdata.io.bytes.source import Segment
from prefdata.io.files.pictures import PictureFile, have_changed, picture_file
from prefdata.io.files.shards import (
    QUARANTINE_SCHEMA,
    REMARKS_SCHEMA,
    SPOKEN_SCHEMA,
    Part,
    Shard,
    Written,
    pictures_of_group,
    with_offsets,
    write_table,
)
from prefdata.records.columns import RECORD_SCHEMA
from prefdata.results.sentences import sentence_json
from prefdata.steps.once import once
from prefdata.steps.read.entries import Piece, quarantined_in
from prefdata.steps.read.pictures import Pictures
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.records_or_quarantine import pieces
from prefdata.steps.read.together import Readings, merged, read_together


def ingest(engine: Engine, groups: Sequence[Readings], folder: Path) -> Iterator[list[Shard]]:
    """Reads every segment, or small sources together, into shards in `folder`; yields those of
    each, in order.

    Raises RunError if not everything that a source holds was read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = row = line = 0
    source, content = -1, Content()
    for group, shards in zip(
        groups, engine.map(partial(ingest_group, folder=folder), groups), strict=True
    ):
        if group[0].source != source:
            source, line, content = group[0].source, 0, Content()
        if len(group) > 1:
            _close_each(group, shards)
        else:
            for written in shards:
                content.add(written.content)
            if group[0].segment.stop is None:
                close(content, Segment(group[0].segment.source))
        placed = []
        for written in shards:
            first = written.parts[0].source if written.parts else source
            placed.append(Shard(folder, written, number, first, row, line))
            number, row, line = number + 1, row + written.rows, line + written.lines
        yield placed


def _close_each(group: Readings, shards: Sequence[Written]) -> None:
    contents = {reading.source: Content() for reading in group}
    for part in (part for written in shards for part in written.parts):
        contents[part.source].add(part.content)
    for reading in group:
        close(contents[reading.source], reading.segment)


def ingest_group(group: Readings, folder: Path) -> list[Written]:
    """Reads one segment, or several small sources, into one shard or, if it is large, several."""
    mark = folder / f"{group[0].number:06d}.json"
    pictures = pictures_of_group(folder, group[0].number)
    if have_changed(pictures):  # since an interrupted run read them
        mark.unlink(missing_ok=True)
    return once(mark, list[Written], lambda: _write(group, folder, pictures))


def _write(group: Readings, folder: Path, pictures: Path) -> list[Written]:
    write = _write_shards if len(group) == 1 else _write_together
    with picture_file(pictures) as file:
        return list(write(group, folder, file))


def _write_shards(group: Readings, folder: Path, file: PictureFile) -> Iterator[Written]:
    (reading,) = group
    held: list[Piece] = []
    rows = lines = part = size = 0
    pictures = Pictures(file, reading.config)
    for read in pieces(reading.segment, reading.match, reading.config, reading.named, file.keep):
        piece = pictures.out_of(read, reading.segment.source)
        held.append(piece)
        size += piece.batch.nbytes
        if size >= reading.config.segment_bytes:
            yield _write_shard(folder, f"{reading.number:06d}-{part:03d}", held, rows, lines)
            rows, lines, part, size = piece.rows, piece.lines, part + 1, 0
            held.clear()
    if held or not part:
        yield _write_shard(folder, f"{reading.number:06d}-{part:03d}", held, rows, lines)


def _write_together(group: Readings, folder: Path, file: PictureFile) -> Iterator[Written]:
    held: list[tuple[Reading, Piece]] = []
    rows = part = size = 0
    for reading, piece in read_together(group, file):
        held.append((reading, piece))
        size += piece.batch.nbytes
        if size >= reading.config.segment_bytes:
            yield _write_several(folder, f"{group[0].number:06d}-{part:03d}", held, rows)
            rows, part, size = piece.rows, part + 1, 0
            held.clear()
    if held or not part:
        yield _write_several(folder, f"{group[0].number:06d}-{part:03d}", held, rows)


def _write_several(
    folder: Path, stem: str, held: list[tuple[Reading, Piece]], rows: int
) -> Written:
    """Writes pieces of several sources as one shard; its lines are those of each source."""
    parts: list[Part] = []
    before = rows
    for reading, piece in held:
        if not parts or parts[-1].source != reading.source:
            parts.append(Part(reading.source))
        parts[-1].add(piece.rows - before, piece.read, quarantined_in(piece), piece.content)
        before = piece.rows
    piece = merged([piece for _, piece in held])
    written = _write_shard(folder, stem, [replace(piece, lines=0)], rows, 0)
    return replace(written, parts=tuple(parts))


def _write_shard(folder: Path, stem: str, held: list[Piece], rows: int, lines: int) -> Written:
    """Writes pieces as one shard, numbered from its own start; `rows` and `lines` of the segment
    precede it."""
    without_record = [
        {
            "row": q.row - rows,
            "source_row": q.source_row - lines,
            "reason": q.reason,
            "evidence": q.evidence,
            "raw": q.raw,
            "sentence": sentence_json(q.evidence),
        }
        for piece in held
        for q in piece.quarantined
    ]
    remarks = [
        {
            "row": piece.batch.column("row")[index].as_py() - rows,
            "code": code,
            "evidence": evidence,
            "sentence": sentence_json(evidence),
        }
        for piece in held
        for index, code, evidence in piece.remarks
    ]
    records = [with_offsets(piece.batch, -rows, -lines) for piece in held]
    write_table(folder / f"{stem}.records.arrow", records, RECORD_SCHEMA)
    write_table(
        folder / f"{stem}.quarantine.arrow",
        _table(without_record, QUARANTINE_SCHEMA),
        QUARANTINE_SCHEMA,
    )
    write_table(folder / f"{stem}.remarks.arrow", _table(remarks, REMARKS_SCHEMA), REMARKS_SCHEMA)
    spoken = [
        {**vars(s), "row": s.row - rows, "source_row": s.source_row - lines}
        for piece in held
        for s in piece.spoken
    ]
    if spoken:
        write_table(folder / f"{stem}.spoken.arrow", _table(spoken, SPOKEN_SCHEMA), SPOKEN_SCHEMA)
    quarantined = sum(map(quarantined_in, held))
    last = held[-1] if held else None
    content = Content()
    for piece in held:
        content.add(piece.content)
    return Written(
        stem=stem,
        rows=(last.rows if last else 0) - rows,
        records=sum(len(batch) for batch in records),
        quarantined=quarantined,
        lines=(last.lines if last else 0) - lines,
        read=sum(piece.read for piece in held),
        unpaired=len(without_record) - quarantined,
        spoken=len(spoken),
        judges=sum(piece.judges for piece in held),
        content=content,
    )


def _table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> list[pa.RecordBatch]:
    return [pa.RecordBatch.from_pylist(rows, schema=schema)]
