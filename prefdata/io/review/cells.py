"""Text in the cells of a spreadsheet, protected so that no part of it is run as a formula.

Spreadsheets treat a cell that begins with certain characters as a formula
(https://owasp.org/www-community/attacks/CSV_Injection), and a text may contain the start of a cell
if the file is opened with another delimiter. Against the first, an apostrophe is put before the
text, which spreadsheets show or hide and `unguard_cell` removes; against the second, an invisible
character (U+200B) before the possible start of a cell.
"""

from __future__ import annotations

import re

_FORMULA = "=+\\-@\uff0b\uff0d\uff1d\uff20"
_BEGINS = re.compile(rf"[{_FORMULA}\t\r\n']")
_BLANK = " \"'\u00a0\u3000"
_INNER = re.compile(rf"(^[{_BLANK}]+|[\n,;|][{_BLANK}]*)(?=[{_FORMULA}])")
_UNSEEN = "\u200b"

CELL_CHARACTERS = 32_000
"""The maximum of a cell; Excel silently cuts texts after 32,767 characters."""

_CONTROLS: dict[int, int | str] = {
    **{code: 0x2400 + code for code in range(32)},  # visible symbols of control characters
    0x7F: 0x2421,
    ord("\n"): "\n",
    ord("\t"): "    ",
}


def guard_cell(text: str) -> str:
    """A cell that every spreadsheet treats as text.

    >>> guard_cell("=1+1"), guard_cell("1+1"), guard_cell("'tis")
    ("'=1+1", '1+1', "''tis")
    """
    return f"'{text}" if _BEGINS.match(text) else text


def unguard_cell(cell: str) -> str:
    """The inverse of `guard_cell`; a cell saved without the apostrophe is returned unchanged.

    >>> unguard_cell("'=1+1"), unguard_cell("=1+1"), unguard_cell("'90s")
    ('=1+1', '=1+1', "'90s")
    """
    return cell[1:] if cell[:1] == "'" and _BEGINS.match(cell[1:]) else cell


def display_cell(text: str) -> str:
    """A text for display in a cell: uniform line breaks, control characters as symbols, and no
    position at which another delimiter would begin a formula.

    A text that exceeds the size of a cell is cut, with a note. It is not meant to be read back.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    text = _INNER.sub(rf"\1{_UNSEEN}", text)
    more = len(text) - CELL_CHARACTERS
    return guard_cell(f"{text[:CELL_CHARACTERS]}… ({more:,} more characters)" if more > 0 else text)
