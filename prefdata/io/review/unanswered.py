"""The checksum of a review sheet without its answers: of what people are not to write in it.

Whoever fills in a sheet saves it with a program that changes its bytes: delimiter, encoding,
quotes, the order of columns and rows. So the checksum is of the cells, in the order of the keys.
Spreadsheets also rewrite what they take for numbers, dates or truth values (3.10 becomes 3.1, 1/2 a
day in January); of such a text the checksum only says that it is one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from prefdata.io.review.table import read_sheet, rows_of_sheet

_TEXTS = ("prompt", "completion_a", "completion_b")
_NUMBER = re.compile(r"[\s\d.,:/%eE+\-()$€£¥￥]*")
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DATE = re.compile(
    rf"(?:[\s\d.,:/\-年月日时分秒上下午]|am|pm|(?:{_MONTHS})(?![a-z]))*", re.IGNORECASE
)
_LONGEST_DATE = 60
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
    return _REWRITTEN if _is_rewritten(text) else text


def _is_rewritten(text: str) -> bool:
    """Whether a spreadsheet may write this text another way.

    >>> [_is_rewritten(text) for text in ("3.10", "Mar 5, 2024", "TRUE", "March on!", "5 mares")]
    [True, True, True, False, False]
    """
    if text.lower() in ("true", "false"):
        return True
    is_date = len(text) <= _LONGEST_DATE and _DATE.fullmatch(text) is not None
    return any(map(str.isdecimal, text)) and (is_date or _NUMBER.fullmatch(text) is not None)
