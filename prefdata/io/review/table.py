"""The rows of a review sheet, whichever program saved it, as named cells with line numbers.

Spreadsheets change files when they save them: delimiter, encoding, order of columns, case of the
header, empty rows and columns. Columns are identified by their names.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from prefdata.errors import DataError, SourceError
from prefdata.io.annotation.header import is_campaign
from prefdata.io.containers.csv_header import any_field_size
from prefdata.io.review.cells import unguard_cell
from prefdata.io.sources.sniff import sniff
from prefdata.io.sources.sniff_text import DELIMITERS
from prefdata.records.unicode_form import normal_form

_HEADERS = {
    "better": ("better", "更好", "哪个更好"),
    "decision": ("decision", "决定", "判断"),
    "note": ("note", "notes", "comment", "备注", "说明"),
    "prompt": ("prompt",),
    "completion_a": ("completion_a", "completion a"),
    "completion_b": ("completion_b", "completion b"),
    "key": ("key",),
    "fingerprint": ("fingerprint",),
    "source": ("source",),
    "source_row": ("source_row", "source row"),
}
_TEXTS = frozenset({"prompt", "completion_a", "completion_b"})
"""Columns that other files have as well."""
_COLUMN = {header: column for column, headers in _HEADERS.items() for header in headers}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read_sheet(path: Path) -> bytes:
    """The bytes of a sheet; those of a review campaign as its votes are now.

    Raises SourceError if it cannot be read.
    """
    if is_campaign(path):
        from prefdata.io.review.votes import sheet_of_votes  # SQLite, for campaigns alone

        return sheet_of_votes(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: the review sheet cannot be read ({error.strerror})") from error
    if raw.startswith(_WORKBOOKS):
        raise SourceError(
            f"{path} is a workbook. Save the sheet as CSV (in Excel: CSV UTF-8) and give that file."
        )
    return raw


def rows_of_sheet(path: Path, raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line (from 1) and cells by column name of every row that is not empty.

    Raises SourceError or DataError, with the line, if `raw` is no review sheet.
    """
    if not raw.strip():
        raise SourceError(f"{path} is empty: no review sheet")
    text = _decoded(raw, _encoding(path)).removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        yield from _json_rows(path, text)
    else:
        yield from _csv_rows(path, text)


def _encoding(path: Path) -> str:
    return "utf-8" if is_campaign(path) else sniff(path).encoding


def _decoded(raw: bytes, sniffed: str) -> str:
    """Decodes a sheet in whichever encoding it was saved; in all of them delimiters are ASCII."""
    for encoding in () if sniffed.startswith(("utf-16", "utf-32")) else ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode(
        sniffed if sniffed.startswith("utf-") and sniffed != "utf-8" else "cp1252", "replace"
    )


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            fields = msgspec.json.decode(content.encode(), type=dict)
        except msgspec.DecodeError as error:
            raise DataError(f"{path}, line {line}: not a JSON object ({error})") from error
        cells = {str(name): "" if value is None else str(value) for name, value in fields.items()}
        named = {name: column for name in cells if (column := _column_of(name))}
        if not {*named.values()} - _TEXTS:
            raise _not_a_sheet(path, line, list(cells))
        yield line, {column: cells[name] for name, column in named.items()}


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True)
    names: list[str | None] = []
    with any_field_size():
        while True:
            line = lines.line_num + 1
            try:
                cells = next(lines, None)
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {line}: the quotes do not match ({error}). Save the sheet again "
                    "as CSV, from the program it was filled in with."
                ) from error
            if cells is None:
                return
            if not names:
                names = _header(cells)
            elif any(cell.strip() for cell in cells):
                named = zip(names, cells, strict=False)  # a program may omit empty cells
                yield line, {name: unguard_cell(cell) for name, cell in named if name}


def _delimiter(path: Path, text: str) -> str:
    """The delimiter for which the header is recognised; a line before it (`sep=;`) is ignored."""
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    for line in lines:
        for delimiter in DELIMITERS:
            with suppress(csv.Error):  # not a line of CSV: no header
                if _header(next(csv.reader([line], delimiter=delimiter))):
                    return delimiter
    raise _not_a_sheet(path, 1, lines[:1])


def _header(cells: list[str]) -> list[str | None]:
    """The column of each cell of a header; empty if the cells are no header of a sheet."""
    names = [_column_of(cell) for cell in cells]
    is_header = {"better", "decision"} & {*names} and {"key", "fingerprint", "source"} & {*names}
    return names if is_header else []


def _column_of(header: str) -> str | None:
    return _COLUMN.get(normalise_word(header))


def normalise_word(text: str) -> str:
    """A word in NFKC, case-folded, without white space."""
    return " ".join(normal_form("NFKC", text).casefold().split())


def _not_a_sheet(path: Path, line: int, cells: list[str]) -> DataError:
    return DataError(
        f"{path}, line {line}: not a review sheet; it begins with {', '.join(cells)[:100]!r}. It "
        "needs a column `better` and the column `key` that was in the sheet, or `decision`, "
        "`source` and `source_row`."
    )
