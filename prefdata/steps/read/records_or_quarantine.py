"""Reads a segment of a source into batches of records and quarantined rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from prefdata.config.model import ReadConfig
from prefdata.dialects.convert import convert_row, text_fields
from prefdata.dialects.detect import Match
from prefdata.dialects.dialect import RemarkedRecord
from prefdata.dialects.messages import holds_messages
from prefdata.errors import RowFault
from prefdata.io.bytes.blocks import LineBlock, line_blocks
from prefdata.io.bytes.books import Content, book_block, close, unit_of
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
    that only the reader can make, as (index in the batch, code, evidence). `content`: what the
    block held of the source.
    """

    batch: pa.RecordBatch
    quarantined: tuple[Quarantined, ...]
    remarks: tuple[tuple[int, str, str], ...]
    rows: int
    lines: int
    content: Content


def pieces(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
    """Reads a segment in its dialect, block by block.

    Raises RunError at its end if not everything that the segment holds went into rows or is
    structure of the file.
    """
    read = _line_pieces if segment.source.container == "jsonl" else _row_pieces
    content = Content()
    for piece in read(segment, match, config):
        content.add(piece.content)
        yield piece
    close(content, segment)


def _row_pieces(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
    rows = 0
    for block in _gathered(read_rows(segment, config), config.block_bytes):
        piece = _converted(block, match, rows, segment)
        rows = piece.rows
        yield piece


def _gathered(blocks: Iterable[RowBlock], enough: int) -> Iterator[RowBlock]:
    """The same rows in blocks of at least `enough` bytes, since every piece has a fixed cost."""
    rows: list[RawRow] = []
    structure: Counter[str] = Counter()
    size = lines = held = 0
    for block in blocks:
        rows += block.rows
        structure.update(block.structure)
        lines, held = block.lines, held + block.held
        size += sum(len(row.raw) for row in block.rows)
        if size >= enough:
            yield RowBlock(rows, lines, held, structure)
            rows, structure, size, held = [], Counter(), 0, 0
    yield RowBlock(rows, lines, held, structure)


def _line_pieces(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
    rows = 0
    reader: TextReader | None = None
    is_new = True
    for block in line_blocks(segment, config):
        if is_new and not (block.oversize or block.fault):
            reader, is_new = fast_reader(block, match), False
        piece = fast_piece(block, reader, rows)
        if piece is None:
            piece = _converted(rows_of(block), match, rows, segment)
        rows = piece.rows
        yield piece


def fast_reader(block: LineBlock, match: Match) -> TextReader | None:
    """The fast reader for the fields of the first row, or None if the dialect has none."""
    first = next((row.fields for row in rows_of(block.head()).rows if row.fields), None)
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
    ends = count if block.data.endswith(b"\n") else count - 1
    content = Content(len(block.data), len(block.data) - ends, {"separators": ends})
    return Piece(batch, (), (), rows + count, block.first_line - 1 + count, content)


def _converted(block: RowBlock, match: Match, rows: int, segment: Segment) -> Piece:
    columns = RecordColumns()
    quarantined: list[Quarantined] = []
    remarks: list[tuple[int, str, str]] = []
    for number, raw in enumerate(block.rows, start=rows):
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
        if isinstance(record, RemarkedRecord):
            remarks.append((len(columns), record.rule, record.evidence))
        columns.append(number, raw.source_row, record)
    content = Content()
    book_block(content, block, unit_of(segment.source))
    rows += len(block.rows)
    return Piece(columns.batch(), tuple(quarantined), tuple(remarks), rows, block.lines, content)
