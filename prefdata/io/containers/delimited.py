"""Reading CSV with any delimiter: records of quoted and unquoted fields.

Regular blocks are read at once (`csv_blocks`), others by the csv module in strict mode: a misplaced
quote is an error, and nothing is repaired silently. At an error, or a record with another number of
fields than the header, the first physical line of the record goes to quarantine and reading resumes
at the next line, so that one stray quote costs one row. A record may span at most as many lines
with opening or closing quotes as it has fields, which bounds how often a line is read again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from prefdata.config.model import ReadConfig
from prefdata.config.section import KIB, MIB
from prefdata.io.bytes.blocks import LineBlock, line_blocks, without_boms
from prefdata.io.bytes.source import RawRow, RowBlock, Segment, Source
from prefdata.io.containers.csv_blocks import Records, regular_records
from prefdata.io.containers.csv_header import (
    CsvColumns,
    any_field_size,
    read_header,
    refuse_columns,
)
from prefdata.io.containers.json_lines import oversize_row
from prefdata.io.containers.json_rows import utf8_fault

_STRETCH_BYTES = 512 * KIB
_LONG_BYTES = 4 * MIB
_BLANK = " \t\r\n\v\f"


def read_delimited(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The records of a CSV file, block by block, without the header and blank lines."""
    reader = _Reader(segment.source.delimiter, config.max_record_bytes, segment.source.name)
    for block, marks in _blocks(segment, config):
        with any_field_size():
            rows = reader.rows_of(block)
        held = block.oversize or len(block.data)
        yield RowBlock(rows, reader.passed, held + marks, reader.structure(marks))
    with any_field_size():
        rows = reader.rest()
    yield RowBlock(rows, reader.passed, 0, reader.structure(0))


def columns_of(source: Source, config: ReadConfig) -> CsvColumns:
    """The columns of a CSV file, and which of them were named or renamed."""
    for block, _ in _blocks(Segment(source), config):
        with any_field_size():
            columns, _ = read_header(_lines(block.data), source.delimiter)
        if columns.names:
            return columns
    return CsvColumns((), ())


def _blocks(segment: Segment, config: ReadConfig) -> Iterator[tuple[LineBlock, int]]:
    """Blocks of lines without BOMs, and how many bytes these had."""
    for block in line_blocks(segment, config):
        data = without_boms(block.data) if not block.oversize else block.data
        yield msgspec.structs.replace(block, data=data), len(block.data) - len(data)


class _Reader:
    """The state of reading: the incomplete record, and the line in which it begins."""

    def __init__(self, delimiter: str, max_record_bytes: int, name: str) -> None:
        self._name = name
        self._delimiter = delimiter
        self._limit = max_record_bytes
        self._names: tuple[str, ...] = ()
        self._held: list[bytes] = []
        self._line = 1
        self._header = self._separators = 0

    @property
    def passed(self) -> int:
        """The number of the last line that is completely read."""
        return self._line - 1

    def structure(self, marks: int) -> dict[str, int]:
        """Bytes since the last call that are not part of a row; `marks`: of BOMs."""
        names = {
            "header": self._header,
            "separators": self._separators,
            "byte order marks": marks,
        }
        self._header = self._separators = 0
        return names

    def rows_of(self, block: LineBlock) -> list[RawRow]:
        """The records that end in this block, readable or not."""
        if block.oversize or block.fault:
            rows = self.rest()
            self._line = block.last_line + 1
            bad = RawRow(block.first_line, block.data, fault=block.fault)
            return [*rows, oversize_row(block) if block.oversize else bad]
        data = block.data if self._names else self._without_header(block.data)
        return list(chain.from_iterable(map(self._add, _stretches(data))))

    def rest(self) -> list[RawRow]:
        """The remaining records at the end of the file."""
        return self._careful(b"".join(self._held), is_end=True)

    def _without_header(self, data: bytes) -> bytes:
        lines = _lines(data)
        columns, passed = read_header(lines, self._delimiter)
        refuse_columns(len(columns.names), self._name)
        self._names = columns.names
        self._line += passed
        self._header += (size := sum(len(_encoded(line)) for line in lines[:passed]))
        return data[size:]

    def _add(self, data: bytes) -> list[RawRow]:
        held = sum(map(len, self._held))
        self._held.append(data)
        if _LONG_BYTES < held <= self._limit and not _has_edge(data):
            return []  # still inside a long quoted field
        data = b"".join(self._held)
        records = _regular(data, self._names, self._delimiter, self._line)
        if records is None or len(data) - records.size > self._limit:
            return self._careful(data, is_end=False)
        self._line += records.lines
        self._separators += records.separators
        self._held = [data[records.size :]] if records.size < len(data) else []
        return records.rows

    def _careful(self, data: bytes, *, is_end: bool) -> list[RawRow]:
        """Reads records one by one, with a fault for each that cannot be read."""
        lines, first, self._held = _lines(data), self._line, []
        rows: list[RawRow] = []
        at = 0
        while at < len(lines):
            record = _Record(lines, at, len(self._names), self._limit)
            reader = csv.reader(record, delimiter=self._delimiter, strict=True)
            try:
                fault = self._good_records(reader, record, first, rows)
            except csv.Error as error:
                if record.ran_out and not is_end:
                    self._held = [_encoded("".join(lines[record.begin :]))]
                    self._line = first + record.begin
                    return rows
                fault = ("unbalanced-quote", f"the quotes do not match: {error}")
            at = record.begin
            if fault is not None:
                rows.append(RawRow(first + at, _raw(lines[at]), fault=fault))
                self._separators += _end_size(lines[at])
                at += 1
        self._line = first + len(lines)
        return rows

    def _good_records(
        self, reader: Iterator[list[str]], record: _Record, first: int, rows: list[RawRow]
    ) -> tuple[str, str] | None:
        """Appends records to `rows` up to the first ragged one; returns its fault, or None."""
        names, width = self._names, len(self._names)
        for values in reader:
            text = record.text()
            if len(values) == width and values:
                fields = dict(zip(names, values, strict=True))
                rows.append(_row(first + record.begin, _raw(text), fields))
                self._separators += _end_size(text)
            elif text.strip(_BLANK):
                return "ragged-row", f"fields: {len(values)}, where the header has {width}"
            else:
                self._separators += len(text)
            record.next()
        return None


class _Record:
    """Lines for csv.reader, which does not report its position: counts those of one record."""

    def __init__(self, lines: Sequence[str], begin: int, width: int, limit: int) -> None:
        self._lines = lines
        self.begin = self._at = begin
        self._width, self._limit = width, limit
        self._edges = self._size = 0
        self.ran_out = False
        """Was a line asked for after the last one?"""

    def __iter__(self) -> Iterator[str]:
        for index in range(self.begin, len(self._lines)):
            line = self._lines[index]
            if index > self.begin:  # not the first line of its record
                self._edges += _has_edge(line)
                self._size += len(line)
                if self._edges > self._width or self._size > self._limit:
                    return
            self._at = index + 1
            yield line
        self.ran_out = True

    def text(self) -> str:
        """The lines of the record."""
        return "".join(self._lines[self.begin : self._at])

    def next(self) -> None:
        """Marks the record as complete; the next line begins another one."""
        self.begin = self._at
        self._edges = self._size = 0


def _stretches(data: bytes) -> Iterator[bytes]:
    """Whole lines in stretches that fit into the processor's cache."""
    at = 0
    while at < len(data):
        limit = at + _STRETCH_BYTES
        cut = data.rfind(b"\n", at, limit) + 1 or data.find(b"\n", limit) + 1 or len(data)
        yield data[at:cut]
        at = cut


def _regular(data: bytes, names: Sequence[str], delimiter: str, first_line: int) -> Records | None:
    try:
        return regular_records(data, names, delimiter, first_line)
    except UnicodeDecodeError:
        return None


def _lines(data: bytes) -> list[str]:
    """Physical lines with their ends; bytes that are not UTF-8 as lone surrogates."""
    return io.StringIO(data.decode("utf-8", "surrogateescape"), newline="\n").readlines()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _raw(text: str) -> bytes:
    return _encoded(text.removesuffix("\n").removesuffix("\r"))


def _end_size(text: str) -> int:
    """The bytes of the end of a line."""
    return len(text) - len(text.removesuffix("\n").removesuffix("\r"))


def _has_edge(line: bytes | str) -> bool:
    """Whether a line has a quote that is not doubled (a doubled one is an escaped quote)."""
    if isinstance(line, str):
        return '"' in line and '"' in line.replace('""', "")
    return b'"' in line and b'"' in line.replace(b'""', b"")


def _row(number: int, raw: bytes, fields: Mapping[str, object]) -> RawRow:
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            return RawRow(number, raw, fault=utf8_fault(error))
    return RawRow(number, raw, fields)
