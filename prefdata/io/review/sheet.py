"""The sheet on which a person judges rows: CSV for spreadsheets, JSON Lines for other tools.

The person fills in `better`: A or B, tie, unsure, or drop for a row that is of no use; and a
`note`, if there is anything to say. Which side is the chosen one is not told, nor what any model
thinks: `key` knows (`io.review_key`).

CSV is written as spreadsheets read it, in China too: UTF-8 with a byte order mark, CRLF, every
field in quotes (RFC 4180), texts that cannot become formulas (`io.review_cells`). JSON Lines holds
the same rows and texts as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.io.review.cells import guarded, shown
from prefdata.io.review.key import Key, locked

BETTER, NOTE, KEY = "better", "note", "key"
COLUMNS = (
    BETTER,
    NOTE,
    "prompt",
    "completion_a",
    "completion_b",
    "source",
    "source_row",
    KEY,
)

_BOM = b"\xef\xbb\xbf"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class SheetRow:
    """A row to be judged; texts as a person reads them, A and B as `key` says."""

    prompt: str
    completion_a: str
    completion_b: str
    source: str
    source_row: int
    key: Key


def write_sheet_csv(path: Path, rows: Iterable[SheetRow]) -> WrittenFile:
    """Writes the sheet for spreadsheets. Raises OutputError when the disk will not take it."""
    count = 0
    with atomic_file(path) as file:
        file.write(_BOM + _line(COLUMNS))
        for row in rows:
            file.write(_line(_cells(row)))
            count += 1
    return file.written(rows=count)


def write_sheet_jsonl(path: Path, rows: Iterable[SheetRow]) -> WrittenFile:
    """Writes the sheet as one JSON object a line. Raises OutputError when the disk is full."""
    count = 0
    with atomic_file(path) as file:
        for row in rows:
            file.write(_encode(_fields(row)) + b"\n")
            count += 1
    return file.written(rows=count)


def _fields(row: SheetRow) -> dict[str, object]:
    return {BETTER: "", NOTE: "", **vars(row), KEY: locked(row.key)}


def _cells(row: SheetRow) -> Iterator[str]:
    yield from ("", "")
    yield from map(shown, (row.prompt, row.completion_a, row.completion_b, row.source))
    yield from (str(row.source_row), guarded(locked(row.key)))


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")
