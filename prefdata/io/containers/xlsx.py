"""Reading Excel workbooks: the rows of the one sheet that has some, by openpyxl.

The first row with a value is the header. Cells hold values: those that Excel last computed where
there are formulas. A workbook is a ZIP file of XML, held to the same limit of expansion as any
compressed source, and its cells may not span far more than it holds.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.errors import SourceError
from prefdata.extras import demand
from prefdata.io.bytes.source import RawRow, RowBlock, Segment, Source
from prefdata.io.bytes.streams import refuse_bomb
from prefdata.io.containers.csv_header import named_columns, refuse_columns

_BOOK = "xl/workbook.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]{0,400}?\br=[\"'](\d{1,18})")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]{0,400}?\br=[\"']([A-Z]{1,9})\d")
_OVERLAP = 512
_ROWS_AT_ONCE = 1024
_MOST_ROWS, _LEAST_SPAN, _SPAN_PER_BYTE = 1_048_576, 1_000_000, 16

_Row = tuple[Any, ...]


def is_workbook(path: Path) -> bool:
    """Whether a ZIP file is an Excel workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _BOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def read_xlsx(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The rows of a workbook, numbered as in its sheet, without the header and blank rows.

    A sheet that cannot be read to its end gives a last row with the fault `truncated-file`. Raises
    MissingExtraError if openpyxl is not installed, SourceError if several sheets hold rows, and for
    a workbook that expands too much, or whose cells span too much.
    """
    source = segment.source
    _refuse_sizes(source, config)
    demand(
        "excel", f"{source.name}, an Excel workbook,", otherwise="or save the sheet as CSV (UTF-8)"
    )
    import openpyxl

    last = 0
    try:
        book = openpyxl.load_workbook(source.path, read_only=True, data_only=True)
        try:
            for block in _blocks(_rows_of(book, source), source.name):
                yield block
                last = block.lines
        finally:
            book.close()
    except SourceError:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises anything for a damaged workbook
        detail = f"the workbook cannot be read: {error or type(error).__name__}"
        row = RawRow(last + 1, b"", fault=("truncated-file", detail), size=1)
        yield RowBlock([row], last + 1, 1)


def _refuse_sizes(source: Source, config: ReadConfig) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = archive.infolist()
            refuse_bomb(sum(member.file_size for member in members), source, config)
            for member in members:
                if _SHEET.fullmatch(member.filename):
                    _refuse_span(archive, member, source)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError):
        return  # the reader meets the same damage, and reports it


def _refuse_span(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Source) -> None:
    """Raises SourceError if the cells of a sheet span far more than the sheet holds."""
    rows = columns = 1
    before = b""
    with archive.open(member) as file:
        while chunk := file.read(MIB):
            held = before + chunk
            rows = max([rows, *(int(row) for row in set(_ROW.findall(held)))])
            columns = max([columns, *map(_column, set(_CELL.findall(held)))])
            before = held[-_OVERLAP:]
    span = rows * columns
    if rows > _MOST_ROWS or span > max(_LEAST_SPAN, _SPAN_PER_BYTE * member.file_size):
        raise SourceError(
            f"{source.name}: the cells of {member.filename} span {rows:,} rows and {columns:,} "
            "columns, far more than it holds: delete what lies apart from the table, or save it "
            "as CSV (UTF-8)"
        )


def _column(letters: bytes) -> int:
    """The number of a column by its letters.

    >>> _column(b"A"), _column(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _rows_of(book: Any, source: Source) -> Iterator[_Row]:
    """The rows of the only sheet that has a value, from its first row on."""
    filled = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a sheet says of its size is often wrong
        rows = sheet.iter_rows(values_only=True)
        passed = []
        for row in rows:
            passed.append(row)
            if _is_filled(row):
                filled[sheet.title] = chain(passed, rows)
                break
    if len(filled) > 1:
        raise SourceError(
            f"{source.name} has {len(filled)} sheets with rows ({', '.join(filled)}), and one is "
            "read: keep one, or save each as a file of its own"
        )
    return next(iter(filled.values()), iter(()))


def _is_filled(row: _Row) -> bool:
    return any(value is not None and value != "" for value in row)


def _blocks(rows: Iterator[_Row], name: str) -> Iterator[RowBlock]:
    names: tuple[str, ...] = ()
    held: list[RawRow] = []
    structure = {"header": 0, "blank rows": 0}
    taken = number = 0
    for number, row in enumerate(rows, 1):
        taken += 1
        if not _is_filled(row):
            structure["blank rows"] += 1
        elif not names:
            names = _header(row, name)
            structure["header"] += 1
        else:
            held.append(_raw_row(number, row, names))
        if taken == _ROWS_AT_ONCE:
            yield RowBlock(held, number, taken, structure)
            held, structure, taken = [], {"header": 0, "blank rows": 0}, 0
    yield RowBlock(held, number, taken, structure)


def _header(row: _Row, name: str) -> tuple[str, ...]:
    width = max(index for index, value in enumerate(row, 1) if value is not None)
    refuse_columns(width, name)
    return named_columns(["" if value is None else str(value) for value in row[:width]]).names


def _raw_row(number: int, row: _Row, names: tuple[str, ...]) -> RawRow:
    values = [_plain(value) for value in row]
    while len(values) > len(names) and values[-1] is None:
        values.pop()
    if len(values) > len(names):
        detail = f"fields: {len(values)}, where the header has {len(names)}"
        return RawRow(number, msgspec.json.encode(values), fault=("ragged-row", detail), size=1)
    values += [None] * (len(names) - len(values))
    fields = dict(zip(names, values, strict=True))
    return RawRow(number, msgspec.json.encode(fields), fields, size=1)


def _plain(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
