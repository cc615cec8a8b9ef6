"""The rows of a review sheet, whatever program saved it: named cells, and where they stand.

Spreadsheets change what they save: the delimiter, the encoding, the order of columns, the case of a
header, empty rows and columns around. Columns are told by their names.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import msgspec

from prefdata.errors import DataError, SourceError
from prefdata.io.containers.csv_header import any_field_size
from prefdata.io.review.cells import unguarded
from prefdata.io.sources.sniff import sniff
from prefdata.io.sources.sniff_text import DELIMITERS

_HEADERS = {
    "better": ("better", "更好", "哪个更好"),
    "decision": ("decision", "决定", "判断"),
    "note": ("note", "notes", "comment", "备注", "说明"),
    "key": ("key",),
    "fingerprint": ("fingerprint",),
    "source": ("source",),
    "source_row": ("source_row", "source row"),
}
_COLUMN = {header: column for column, headers in _HEADERS.items() for header in headers}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read_sheet(path: Path) -> bytes:
    """The bytes of a sheet. Raises SourceError where it is none that can be read."""
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
    """Line (from 1) and cells, by name of the column, of every row with something in it.

    Raises SourceError or DataError, naming the line, where `raw` is no sheet.
    """
    if not raw.strip():
        raise SourceError(f"{path} is empty: no review sheet")
    text = _decoded(raw, sniff(path).encoding).removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        yield from _json_rows(path, text)
    else:
        yield from _csv_rows(path, text)


def _decoded(raw: bytes, sniffed: str) -> str:
    """Text, whatever a spreadsheet made of it; none of these encodings hides a delimiter."""
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
        if not named:
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
                named = zip(names, cells, strict=False)  # a program may leave empty cells away
                yield line, {name: unguarded(cell) for name, cell in named if name}


def _delimiter(path: Path, text: str) -> str:
    """The delimiter that shows the header; a line before it, such as `sep=;`, does not matter."""
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    for line in lines:
        for delimiter in DELIMITERS:
            if _header(next(csv.reader([line], delimiter=delimiter))):
                return delimiter
    raise _not_a_sheet(path, 1, lines[:1])


def _header(cells: list[str]) -> list[str | None]:
    """The column behind each cell; nothing unless they are the header of a sheet."""
    names = [_column_of(cell) for cell in cells]
    is_header = {"better", "decision"} & {*names} and {"key", "fingerprint", "source"} & {*names}
    return names if is_header else []


def _column_of(header: str) -> str | None:
    return _COLUMN.get(folded(header))


def folded(text: str) -> str:
    """A word without what does not tell it from another: form (NFKC), case, white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _not_a_sheet(path: Path, line: int, found: list[str]) -> DataError:
    return DataError(
        f"{path}, line {line}: not a review sheet; it begins with {', '.join(found)[:100]!r}. It "
        "needs a column `better` and the column `key` that was in the sheet, or `decision`, "
        "`source` and `source_row`."
    )
