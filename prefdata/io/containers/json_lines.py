"""Reading JSON Lines: one row per line."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.blocks import LineBlock, line_blocks, without_boms
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.containers.json_rows import RowParser, careful_row


def read_json_lines(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The rows of a JSON Lines segment, block by block."""
    parser = RowParser()
    for block in line_blocks(segment, config):
        yield RowBlock(rows_of(block, parser), block.last_line)


def rows_of(block: LineBlock, parser: RowParser | None = None) -> list[RawRow]:
    """The rows of a block of lines, readable or not; blank lines are skipped."""
    if block.oversize:
        return [oversize_row(block)]
    if block.fault is not None:
        return broken_off(block)
    if block.data.isspace():  # a bomb may be gigabytes of line ends
        return []
    parser = parser or RowParser()
    is_utf8 = block.data.isascii()
    return [
        parser.row(number, line, is_utf8=is_utf8)
        for number, line in enumerate(without_boms(block.data).split(b"\n"), block.first_line)
        if line and not line.isspace()
    ]


def oversize_row(block: LineBlock) -> RawRow:
    """The row for a line that is too long, with its fault."""
    detail = (
        f"the record has {block.oversize:,} bytes, more than read.max_record_bytes allows; "
        f"its first {len(block.data):,} are kept"
    )
    return RawRow(block.first_line, block.data, fault=("record-too-large", detail))


def broken_off(block: LineBlock) -> list[RawRow]:
    """The row with the fault of a cut-off stream; before it the last line, if it is complete."""
    whole = careful_row(block.first_line, without_boms(block.data))
    if whole.fields is None:
        return [RawRow(block.first_line, block.data, fault=block.fault)]
    return [whole, RawRow(block.first_line, b"", fault=block.fault)]
