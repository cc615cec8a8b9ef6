"""Examining sources before a conversion: which rows the target format cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.section import RecordFormat
from prefdata.engines.engine import Engine
from prefdata.records.tools import tools_of
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.records_or_quarantine import pieces
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.transforms.convert.exports import EXPORTS
from prefdata.transforms.convert.format_limits import beyond_format
from prefdata.transforms.convert.formats import has_extra

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_REFERENCE = r'"sha256":"[0-9a-f]{64}","size":\d+}'

UNHOLDABLE = "unholdable"
"""The reason for rows that were read but that the target format cannot hold."""


class PreflightSegment(msgspec.Struct):
    """The result for one segment; row and line numbers count from its start.

    `tally.findings` are rows that would be left out, `tally.records` all others. `any_extra`: some
    message of those has fields besides role and content. `repeated`: rows with a duplicate JSON
    key, of which only the last value is read.
    """

    source: int
    rows: int = 0
    lines: int = 0
    any_extra: bool = False
    repeated: int = 0
    with_media: int = 0
    with_tools: int = 0
    with_fields: int = 0
    tally: Tally = msgspec.field(default_factory=Tally)


def preflight(
    engine: Engine, readings: Sequence[Reading], record_format: RecordFormat
) -> Iterator[PreflightSegment]:
    """Reads every segment and yields one summary for each, in order; no rows are kept."""
    return engine.map(partial(_preflight_segment, record_format=record_format), readings)


def format_preflight(
    batch: pa.RecordBatch, record_format: RecordFormat
) -> tuple[pa.RecordBatch, list[tuple[int, str]]]:
    """The rows of a batch that a format can hold, and (position, reason) of the others."""
    problems = beyond_format(batch, record_format)
    if not problems:
        return batch, problems
    left_out = {index for index, _ in problems}
    mask = pa.array([index not in left_out for index in range(len(batch))], pa.bool_())
    return batch.filter(mask), problems


def _preflight_segment(reading: Reading, record_format: RecordFormat) -> PreflightSegment:
    segment = PreflightSegment(reading.source)
    for piece in pieces(reading.segment, reading.match, reading.config):
        _examine(piece, record_format, segment)
    return segment


def _examine(piece: Piece, record_format: RecordFormat, segment: PreflightSegment) -> None:
    tally = segment.tally
    segment.rows += piece.read
    segment.lines = piece.lines
    segment.repeated += sum(code == "duplicate-key" for _, code, _ in piece.remarks)
    for fault in piece.quarantined:
        tally.find(
            fault.reason, FindingExample(segment.source, fault.source_row, str(fault.evidence))
        )
    batch, problems = format_preflight(piece.batch, record_format)
    for index, why in problems:
        place = piece.batch.column("source_row")[index].as_py()
        tally.find(UNHOLDABLE, FindingExample(segment.source, place, why))
    tally.records += len(batch)
    tally.with_margin += len(batch) - batch.column("margin").null_count
    segment.any_extra = segment.any_extra or has_extra(batch)
    metadata = batch.column("metadata")
    segment.with_media += pc.sum(pc.match_substring_regex(metadata, _REFERENCE)).as_py() or 0
    if record_format in EXPORTS:
        fields = metadata.filter(pc.not_equal(metadata, "{}")).to_pylist()
        segment.with_tools += sum(bool(tools_of(text)) for text in fields)
        segment.with_fields += sum(_has_more_than_tools(text) for text in fields)


def _has_more_than_tools(metadata: str) -> bool:
    return bool(_decode(metadata).keys() - {"tools"})
