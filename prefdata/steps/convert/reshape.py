"""Records reshaped to the columns of a format, block by block, in source order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import pyarrow as pa

from prefdata.config.section import RecordFormat
from prefdata.io.bytes.source import raw_fields
from prefdata.io.files.shards import with_offsets
from prefdata.records.columns import SIDES
from prefdata.steps.convert.preflight import UNHOLDABLE, format_preflight
from prefdata.steps.read.entries import Piece, Quarantined
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.records_or_quarantine import pieces
from prefdata.transforms.convert.formats import format_schema, to_format
from prefdata.transforms.convert.metadata import nest_metadata, unnest_metadata

_JSON_CONTAINERS = ("jsonl", "json", "json-columns")
_Fields = dict[str, msgspec.Raw]

Note = dict[str, object]
"""A row that is left out: its place, the reason, and its content."""


@dataclass(frozen=True)
class Shape:
    """The layout of the rows to write; see `to_format`.

    `is_json`: rows are JSON objects, with metadata as fields of their own.
    """

    record_format: RecordFormat
    has_extra: bool
    margin: bool
    provenance: bool
    is_json: bool

    @property
    def schema(self) -> pa.Schema:
        return format_schema(
            self.record_format,
            has_extra=self.has_extra,
            margin=self.margin,
            provenance=self.provenance,
        )


def reshaped(
    readings: Iterable[Reading],
    names: Sequence[str],
    shape: Shape,
    leave_out: Callable[[Note], None],
) -> Iterator[pa.RecordBatch]:
    """The rows of all sources as batches of `shape.schema`; `leave_out` receives all other rows.

    `names`: names of the sources, by `reading.source`.
    """
    source, lines = -1, 0
    for reading in readings:
        if reading.source != source:
            source, lines = reading.source, 0
        passed = 0
        for piece in pieces(reading.segment, reading.match, reading.config):
            batch, notes = _parted(piece, lines, names[source], shape.record_format)
            for note in notes:
                leave_out(note)
            if len(batch):
                if reading.segment.source.container not in _JSON_CONTAINERS:
                    batch = unnest_metadata(batch)
                yield _shaped(batch, names[source], shape)
            passed = piece.lines
        lines += passed


def _parted(
    piece: Piece, lines: int, name: str, record_format: RecordFormat
) -> tuple[pa.RecordBatch, list[Note]]:
    """The rows to write, numbered in their source, and a note for each other row, in order."""
    whole = with_offsets(piece.batch, 0, lines)
    batch, problems = format_preflight(whole, record_format)
    left_out = [(q.source_row + lines, _unread_note(q)) for q in piece.quarantined]
    left_out += [_unholdable_note(whole.slice(index, 1), why) for index, why in problems]
    left_out.sort(key=lambda item: item[0])
    return batch, [{"source": name, "source_row": row, **about} for row, about in left_out]


def _shaped(batch: pa.RecordBatch, name: str, shape: Shape) -> pa.RecordBatch:
    if shape.is_json:
        batch = nest_metadata(batch, shape.record_format)
    if shape.provenance:
        batch = batch.append_column("source", pa.repeat(name, len(batch)))
    return to_format(
        batch,
        shape.record_format,
        has_extra=shape.has_extra,
        margin=shape.margin,
        provenance=shape.provenance,
    )


def _unread_note(row: Quarantined) -> Note:
    return {"reason": row.reason, "evidence": str(row.evidence), **raw_fields(row.raw)}


def _unholdable_note(row: pa.RecordBatch, why: str) -> tuple[int, Note]:
    (values,) = row.to_pylist()
    record: Note = {side: [_message(message) for message in values[side]] for side in SIDES}
    margin = values["margin"]
    # JSON has no NaN and no infinity, so they are written as strings.
    record["margin"] = margin if margin is None or math.isfinite(margin) else str(margin)
    record["metadata"] = _on_one_line(values["metadata"])
    return values["source_row"], {"reason": UNHOLDABLE, "evidence": why, "record": record}


def _message(message: dict[str, str | None]) -> Note:
    fields: Note = {"role": message["role"], "content": message["content"]}
    extra = message["extra"]
    return (
        fields if extra is None else fields | msgspec.json.decode(_on_one_line(extra), type=_Fields)
    )


def _on_one_line(text: str) -> msgspec.Raw:
    # A line break in valid JSON can only be white space between tokens.
    return msgspec.Raw(text.replace("\r", " ").replace("\n", " ").encode())
