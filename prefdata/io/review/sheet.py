"""Writing the sheet on which a person judges rows: CSV for spreadsheets, JSON Lines for tools.

The person fills in `better` (A, B, tie, unsure, or drop for a useless row) and optionally a `note`.
The sheet shows neither which side was chosen nor what a model predicts; `key` contains it
(`io.review.key`).

The CSV is readable by all spreadsheets, Chinese ones included: UTF-8 with a byte order mark, CRLF,
every field quoted (RFC 4180), and no text that could become a formula (`io.review.cells`). JSON
Lines has the same rows with unchanged texts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.io.review.cells import display_cell, guard_cell
from prefdata.io.review.key import Key, encode_key

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
    """A row to judge, with texts for display; `key` tells which of A and B is chosen.

    `better`: the answer, of a row that is settled; empty where one is asked for.
    """

    prompt: str
    completion_a: str
    completion_b: str
    source: str
    source_row: int
    key: Key
    better: str = ""


def write_sheet_csv(path: Path, rows: Iterable[SheetRow]) -> WrittenFile:
    """Writes the sheet as CSV. Raises OutputError if the disk is full or not writable."""
    count = 0
    with atomic_file(path) as file:
        file.write(_BOM + _line(COLUMNS))
        for row in rows:
            file.write(_line(_cells(row)))
            count += 1
    return file.written(rows=count)


def write_sheet_jsonl(path: Path, rows: Iterable[SheetRow]) -> WrittenFile:
    """Writes the sheet as JSON Lines. Raises OutputError if the disk is full or not writable."""
    count = 0
    with atomic_file(path) as file:
        for row in rows:
            file.write(_encode(_fields(row)) + b"\n")
            count += 1
    return file.written(rows=count)


def _fields(row: SheetRow) -> dict[str, object]:
    return {BETTER: row.better, NOTE: "", **vars(row), KEY: encode_key(row.key)}


def _cells(row: SheetRow) -> Iterator[str]:
    yield from (row.better, "")
    yield from map(display_cell, (row.prompt, row.completion_a, row.completion_b, row.source))
    yield from (str(row.source_row), guard_cell(encode_key(row.key)))


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8", "backslashreplace")
