"""The checksum of a review sheet without its answers: of what people are not to write in it.

Whoever fills in a sheet saves it with a program that changes its bytes: delimiter, encoding,
quotes, the order of columns, of rows. So the checksum is of the cells that are compared, row by row in the
order of the keys. Spreadsheets also rewrite what they take for numbers, dates or truth values (3.10
becomes 3.1, 1/2 a day in January); of such a cell the checksum only says that it is one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from prefdata.io.review.table import read_sheet, rows_of_sheet

_TEXTS = ("prompt", "completion_a", "completion_b")
_SHORT = 40
"""Characters of the longest date that a spreadsheet writes, with room."""
_NUMBER = re.compile(r"[\s\d.,:/%eE+\-()\u00a0$€£¥￥]*\d[\s\d.,:/%eE+\-()\u00a0$€£¥￥]*")
_REWRITTEN = "\0"
"""Stands for a cell that spreadsheets rewrite; no cell holds this character."""


def unanswered_sha256(path: Path) -> str:
    """The checksum; the same after people have answered, whichever program saved the sheet.

    Raises SourceError or DataError if the file is no review sheet.
    """
    rows = sorted(_compared(cells) for _, cells in rows_of_sheet(path, read_sheet(path)))
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()


def _compared(cells: Mapping[str, str]) -> list[str]:
    key, source, row = (cells.get(name, "").strip() for name in ("key", "source", "source_row"))
    number = row.replace(",", "").removesuffix(".0")
    return [key, source, number, *(_text(cells.get(name, "")) for name in _TEXTS)]


def _text(cell: str) -> str:
    """What is compared of a text."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    is_short = len(text) <= _SHORT and any(char.isdecimal() for char in text)
    is_rewritten = is_short or _NUMBER.fullmatch(text) or text.lower() in ("true", "false")
    return _REWRITTEN if is_rewritten else text
