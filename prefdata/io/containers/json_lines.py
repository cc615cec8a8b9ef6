"""Reading JSON Lines: one row per line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.blocks import LineBlock, line_blocks, without_boms
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.containers.json_rows import RowParser, careful_row, rows_in_line


def read_json_lines(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The rows of a JSON Lines segment, block by block."""
    parser = RowParser()
    for block in line_blocks(segment, config):
        yield rows_of(block, parser)


def rows_of(block: LineBlock, parser: RowParser | None = None) -> RowBlock:
    """The rows of a block of lines, readable or not; blank lines are skipped."""
    if block.oversize:
        return RowBlock([oversize_row(block)], block.last_line, block.oversize)
    if block.fault is not None:
        return broken_off(block)
    if block.data.isspace():  # a bomb may be gigabytes of line ends
        structure = {"separators": len(block.data), "byte order marks": 0}
        return RowBlock([], block.last_line, len(block.data), structure)
    parser = parser or RowParser()
    is_utf8 = block.data.isascii()
    data = without_boms(block.data)
    lines = data.split(b"\n")
    structure = structure_of_lines(block, data, lines)
    rows: list[RawRow] = []
    for number, line in enumerate(lines, block.first_line):
        if not line or line.isspace():
            continue
        row = parser.row(number, line, is_utf8=is_utf8)
        if row.fields is None and (several := rows_in_line(number, line)):
            rows += several
            structure["separators"] += len(line) - sum(len(each.raw) for each in several)
        else:
            rows.append(row)
    return RowBlock(rows, block.last_line, len(block.data), structure)


def structure_of_lines(block: LineBlock, data: bytes, lines: Sequence[bytes]) -> dict[str, int]:
    """The bytes of a block that belong to no line with content; `data`: without BOMs."""
    blank = sum(len(line) for line in lines if line.isspace())
    return {
        "separators": len(lines) - 1 + blank,
        "byte order marks": len(block.data) - len(data),
    }


def oversize_row(block: LineBlock) -> RawRow:
    """The row for a line that is too long, with its fault."""
    detail = (
        f"the record has {block.oversize:,} bytes, more than read.max_record_bytes allows; "
        f"its first {len(block.data):,} are kept"
    )
    fault = ("record-too-large", detail)
    return RawRow(block.first_line, block.data, fault=fault, size=block.oversize)


def broken_off(block: LineBlock) -> RowBlock:
    """The row with the fault of a cut-off stream; before it the last line, if it is complete."""
    data = without_boms(block.data)
    structure = {"byte order marks": len(block.data) - len(data)}
    rows = [RawRow(block.first_line, data, fault=block.fault)]
    whole = careful_row(block.first_line, data)
    if whole.fields is not None:
        rows = [whole, RawRow(block.first_line, b"", fault=block.fault)]
    return RowBlock(rows, block.last_line, len(block.data), structure)
