"""Text in the cells of a spreadsheet: nothing in it is run, and nothing of it is lost to the eye.

A spreadsheet takes a cell that begins with one of a few characters for a formula
(https://owasp.org/www-community/attacks/CSV_Injection), and a text can begin cells of its own
where a file is opened with another delimiter than it was written with. The first is answered by an
apostrophe before the text, which spreadsheets show or swallow and `unguarded` takes away; the
second by an invisible character (U+200B) before what would begin such a cell.
"""

from __future__ import annotations

import re

_FORMULA = "=+\\-@\uff0b\uff0d\uff1d\uff20"
_BEGINS = re.compile(rf"[{_FORMULA}\t\r\n']")
_BLANK = " \"'\u00a0\u3000"
_INNER = re.compile(rf"(^[{_BLANK}]+|[\n,;|][{_BLANK}]*)(?=[{_FORMULA}])")
_UNSEEN = "\u200b"

CELL_CHARACTERS = 32_000
"""A cell of Excel holds 32,767; what is longer loses its end without a word."""

_CONTROLS: dict[int, int | str] = {
    **{code: 0x2400 + code for code in range(32)},  # pictures of them
    0x7F: 0x2421,
    ord("\n"): "\n",
    ord("\t"): "    ",
}


def guarded(text: str) -> str:
    """A text that is a text in every spreadsheet.

    >>> guarded("=1+1"), guarded("1+1"), guarded("'tis")
    ("'=1+1", '1+1', "''tis")
    """
    return f"'{text}" if _BEGINS.match(text) else text


def unguarded(cell: str) -> str:
    """Undoes `guarded`; a cell that a spreadsheet has written without the apostrophe is itself.

    >>> unguarded("'=1+1"), unguarded("=1+1"), unguarded("'90s")
    ('=1+1', '=1+1', "'90s")
    """
    return cell[1:] if cell[:1] == "'" and _BEGINS.match(cell[1:]) else cell


def shown(text: str) -> str:
    """A text to be read in a cell: one kind of line break, control characters as pictures, and no
    place at which another delimiter would begin a formula.

    A longer text than a cell holds is cut, and says so. It is not meant to be read back.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    text = _INNER.sub(rf"\1{_UNSEEN}", text)
    more = len(text) - CELL_CHARACTERS
    return guarded(f"{text[:CELL_CHARACTERS]}… ({more:,} more characters)" if more > 0 else text)
