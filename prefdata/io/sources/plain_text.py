"""Text files with a prompt a line."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.blocks import line_blocks
from prefdata.io.bytes.source import RawRow, RowBlock, Segment, Source
from prefdata.io.containers.json_lines import rows_of, structure_of_lines
from prefdata.io.containers.json_rows import utf8_fault
from prefdata.io.sources.sniff import COMPRESSED_SUFFIXES, sniff


def is_plain_text(source: Source) -> bool:
    """Whether a source is a `.txt` without JSON; a list of prompts may look like CSV."""
    suffixes = [suffix.lower() for suffix in source.path.suffixes]
    while suffixes and suffixes[-1] in COMPRESSED_SUFFIXES:
        suffixes.pop()
    if suffixes[-1:] != [".txt"]:
        return False
    sniffed = sniff(source.path)
    return sniffed.container == "csv" or not sniffed.certain


def text_rows(segment: Segment, read: ReadConfig) -> Iterator[RowBlock]:
    """One prompt per line; blank lines are skipped."""
    for block in line_blocks(segment, read):
        if block.oversize or block.fault is not None:
            yield rows_of(block)
        else:
            lines = block.data.split(b"\n")
            numbered = enumerate(lines, block.first_line)
            rows = [_text_row(number, line) for number, line in numbered if line.strip()]
            structure = structure_of_lines(block, block.data, lines)
            yield RowBlock(rows, block.last_line, len(block.data), structure)


def _text_row(number: int, line: bytes) -> RawRow:
    try:
        return RawRow(number, line, {"text": line.decode().strip()})
    except UnicodeDecodeError as error:
        return RawRow(number, line, fault=utf8_fault(error))
