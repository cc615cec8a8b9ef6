"""Reads a segment of a source into batches of records and quarantined rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from prefdata.config.model import ReadConfig
from prefdata.config.section import KIB
from prefdata.dialects import is_judged, meets
from prefdata.dialects.convert import convert_row, text_fields
from prefdata.dialects.detect import Match
from prefdata.dialects.dialect import RemarkedRecord
from prefdata.dialects.messages import holds_messages
from prefdata.errors import RowFault
from prefdata.io.bytes.blocks import LineBlock, line_blocks
from prefdata.io.bytes.books import Content, book_block, close, unit_of
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.containers.fast_json import MOST_BYTES, TextReader, text_reader
from prefdata.io.containers.json_lines import rows_of
from prefdata.io.containers.json_rows import RowParser
from prefdata.io.sources.read import read_rows
from prefdata.kernels.compiled import pays
from prefdata.records.picture_bytes import Keep, digest
from prefdata.steps.read.entries import Entries, Piece, fields_of
from prefdata.steps.read.text_lines import MOST_LEFT, text_piece
from prefdata.transforms.split.published import NamedSplit

_HEAD_BYTES = 64 * KIB
"""The beginning of a source whose rows tell which fields it has."""

_SECONDS_A_BYTE = 1.2e-8
_SECONDS_A_BYTE_READ = 6e-9
"""What rules, keys, lengths and scripts take of a byte that was read."""
_PACKED = 4
"""How many bytes about a byte of a compressed source stands for."""


def pieces(
    segment: Segment,
    match: Match,
    config: ReadConfig,
    named: NamedSplit | None = None,
    keep: Keep = digest,
) -> Iterator[Piece]:
    """Reads a segment in its dialect, block by block. `named`: see `Reading`; `keep` takes the
    bytes of media.

    Raises RunError at its end if not everything that the segment holds went into rows or is
    structure of the file.
    """
    content = Content()
    for piece in _pieces(segment, match, config, named, keep):
        content.add(piece.content)
        yield piece
    close(content, segment)


def _pieces(
    segment: Segment, match: Match, config: ReadConfig, named: NamedSplit | None, keep: Keep
) -> Iterator[Piece]:
    if meets(match):
        from prefdata.steps.read.meeting import Meeting, met_pieces

        whole = [Meeting(0, segment, match, named)]
        return (piece for _, piece in met_pieces(whole, config, keep))
    if is_judged(match) or segment.source.container != "jsonl":
        return _row_pieces(segment, match, config, keep)
    return _line_pieces(segment, match, config)


def _row_pieces(segment: Segment, match: Match, config: ReadConfig, keep: Keep) -> Iterator[Piece]:
    rows = 0
    converted = _judged if is_judged(match) else _converted
    for block in _gathered(read_rows(segment, config, keep), config.block_bytes):
        piece = converted(block, match, rows, segment, config)
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
    parser = RowParser()
    size = _unpacked(segment)
    is_new = pays(size * _SECONDS_A_BYTE, ahead=size * _SECONDS_A_BYTE_READ)
    for block in line_blocks(segment, _lines_of_blocks(config)):
        lines = None
        if not (block.oversize or block.fault):
            if is_new:
                reader, is_new = fast_reader(block, match), False
            if reader is not None and len(block.data) <= MOST_BYTES:
                lines = reader.read(block.data, holds_messages)
        if lines is not None and len(lines.others) <= MOST_LEFT * lines.lines:
            piece = text_piece(
                lines, block, rows, partial(rows_of, parser=parser), partial(_convert, match=match)
            )
        else:
            piece = _converted(rows_of(block, parser), match, rows, segment, config)
        rows = piece.rows
        yield piece


def _lines_of_blocks(config: ReadConfig) -> ReadConfig:
    """Half of a block's bytes are left for its columns, and for what rules look at."""
    return config.model_copy(update={"block_bytes": config.block_bytes // 2})


def _unpacked(segment: Segment) -> int:
    """About how many bytes of JSON Lines a segment has."""
    stop = segment.source.size if segment.stop is None else segment.stop
    return (stop - segment.start) * (1 if segment.source.compression == "none" else _PACKED)


def fast_reader(block: LineBlock, match: Match) -> TextReader | None:
    """The fast reader for the fields of the first rows, or None if the dialect has none."""
    heads = [tuple(row.fields) for row in rows_of(block.head(_HEAD_BYTES)).rows if row.fields]
    together = tuple(dict.fromkeys(name for head in heads for name in head))
    for fields in (together, *heads[:1]):
        if texts := text_fields(match, fields):
            return text_reader(texts, fields)
    return None


def _judged(
    block: RowBlock, match: Match, rows: int, segment: Segment, config: ReadConfig
) -> Piece:
    # few files hold judgements, and what they need takes long to import
    from prefdata.steps.read.judged_rows import judged_piece

    return judged_piece(block, match, rows, segment, config.pairs)


def _converted(block: RowBlock, match: Match, rows: int, segment: Segment, _: ReadConfig) -> Piece:
    entries = Entries(rows)
    for raw in block.rows:
        _convert(entries, raw, match)
    content = Content()
    book_block(content, block, unit_of(segment.source))
    return entries.piece(block.lines, content, len(block.rows))


def _convert(entries: Entries, raw: RawRow, match: Match) -> None:
    """Adds the entry of a row."""
    try:
        record = convert_row(fields_of(raw), match)
    except RowFault as fault:
        entries.without_record(raw, fault)
        return
    if isinstance(record, RemarkedRecord):
        entries.remark(record.rule, record.evidence)
    entries.add(raw, record)
