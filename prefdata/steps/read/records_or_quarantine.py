"""Reads a segment of a source into batches of records and quarantined rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from prefdata.config.model import ReadConfig
from prefdata.dialects.convert import convert_row, text_fields
from prefdata.dialects.detect import Match
from prefdata.dialects.messages import holds_messages
from prefdata.errors import RowFault
from prefdata.io.bytes.blocks import LineBlock, line_blocks
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.containers.fast_json import TextLines, TextReader, text_reader
from prefdata.io.containers.json_lines import rows_of
from prefdata.io.sources.read import read_rows
from prefdata.records.columns import RecordColumns, text_batch


@dataclass(frozen=True)
class Quarantined:
    """A row that could not be converted to a record; `raw`: its bytes."""

    row: int
    source_row: int
    reason: str
    detail: str
    raw: bytes


@dataclass(frozen=True)
class Piece:
    """The rows of one block. Row numbers count from the start of the segment.

    `rows` and `lines`: how many the segment has up to the end of the piece. `remarks`: findings
    that only the reader can make, as (index in the batch, code, evidence).
    """

    batch: pa.RecordBatch
    quarantined: tuple[Quarantined, ...]
    remarks: tuple[tuple[int, str, str], ...]
    rows: int
    lines: int


def pieces(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
    """Reads a segment in its dialect, block by block."""
    if segment.source.container == "jsonl":
        return _line_pieces(segment, match, config)
    return _row_pieces(segment, match, config)


def _row_pieces(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
    rows = 0
    for block in _gathered(read_rows(segment, config), config.block_bytes):
        piece = _converted(block.rows, match, rows, block.lines)
        rows = piece.rows
        yield piece


def _gathered(blocks: Iterable[RowBlock], enough: int) -> Iterator[RowBlock]:
    """The same rows in blocks of at least `enough` bytes, since every piece has a fixed cost."""
    rows: list[RawRow] = []
    size = lines = 0
    for block in blocks:
        rows += block.rows
        lines = block.lines
        size += sum(len(row.raw) for row in block.rows)
        if size >= enough:
            yield RowBlock(rows, lines)
            rows, size = [], 0
    yield RowBlock(rows, lines)


def _line_pieces(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
    rows = 0
    reader: TextReader | None = None
    is_new = True
    for block in line_blocks(segment, config):
        if is_new and not (block.oversize or block.fault):
            reader, is_new = fast_reader(block, match), False
        piece = fast_piece(block, reader, rows)
        if piece is None:
            piece = _converted(rows_of(block), match, rows, block.last_line)
        rows = piece.rows
        yield piece


def fast_reader(block: LineBlock, match: Match) -> TextReader | None:
    """The fast reader for the fields of the first row, or None if the dialect has none."""
    first = next((row.fields for row in rows_of(block.head()) if row.fields), None)
    texts = text_fields(match, tuple(first)) if first else None
    return text_reader(texts, tuple(first)) if first and texts else None


def fast_piece(block: LineBlock, reader: TextReader | None, rows: int) -> Piece | None:
    if reader is None or block.oversize or block.fault:
        return None
    lines = reader.read(block.data, holds_messages)
    return None if lines is None else _text_piece(lines, rows, block)


def _text_piece(lines: TextLines, rows: int, block: LineBlock) -> Piece:
    count = len(lines.prompts)
    numbers = np.arange(count, dtype=np.int64)
    batch = text_batch(
        numbers + rows,
        numbers + block.first_line,
        lines.prompts,
        lines.chosen,
        lines.rejected,
        lines.metadata,
    )
    return Piece(batch, (), (), rows + count, block.first_line - 1 + count)


def _converted(block: Sequence[RawRow], match: Match, rows: int, lines: int) -> Piece:
    columns = RecordColumns()
    quarantined: list[Quarantined] = []
    remarks: list[tuple[int, str, str]] = []
    for number, raw in enumerate(block, start=rows):
        try:
            if raw.fields is None:
                raise RowFault(*(raw.fault or ("invalid-json", "the row could not be read")))
            record = convert_row(raw.fields, match)
        except RowFault as fault:
            quarantined.append(
                Quarantined(number, raw.source_row, fault.reason, fault.detail, raw.raw)
            )
            continue
        if raw.duplicates:
            remarks.append((len(columns), "duplicate-key", ", ".join(raw.duplicates)))
        columns.append(number, raw.source_row, record)
    return Piece(columns.batch(), tuple(quarantined), tuple(remarks), rows + len(block), lines)
