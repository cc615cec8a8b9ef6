"""The fast path for CSV: reads all records of a regular block at once.

The csv module examines every character. Here the quotes, delimiters and line ends of a block are
located as arrays; those between an opening and a closing quote are text. An irregular block is left
to the careful reader; both always agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prefdata.io.bytes.source import RawRow
from prefdata.records.arrays import Ints

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


class Records(NamedTuple):
    """Rows, and how many bytes and lines of the block they use; the rest is incomplete.

    `separators`: how many of these bytes are ends of lines.
    """

    rows: list[RawRow]
    size: int
    lines: int
    separators: int


def regular_records(
    block: bytes, names: Sequence[str], delimiter: str, first_line: int
) -> Records | None:
    """The records of a block of whole UTF-8 lines; None if it needs the careful reader."""
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == _QUOTE)
    newlines = np.flatnonzero(data == _NEWLINE)
    if not _are_in_place(data, quotes, ord(delimiter)):
        return None
    ends = _outside(quotes, newlines)
    commas = _outside(quotes, np.flatnonzero(data == ord(delimiter)))
    if not block.endswith(b"\n") and len(quotes) % 2 == 0:
        ends = np.append(ends, len(block))
    if not len(ends):
        return Records([], 0, 0, 0)
    fields = _fields(commas, ends, len(names))
    if fields is None or not _returns_are_in_place(data, quotes):
        return None
    starts = fields[:, 0].copy()
    has_return = data[np.maximum(ends - 1, 0)] == _RETURN
    if bool(np.any(ends - has_return <= starts)):  # a blank line, of one column
        return None
    stops = np.append(fields[:, 1:] - 1, (ends - has_return)[:, None], axis=1)
    numbers = np.searchsorted(newlines, starts) + first_line
    rows = _rows(block, names, numbers.tolist(), fields.tolist(), stops.tolist())
    is_last = int(ends[-1]) == len(block)  # the last line of a file may lack its end
    size = len(block) if is_last else int(ends[-1]) + 1
    has_end = ends < len(block)
    separators = int(np.count_nonzero(has_end) + np.count_nonzero(has_return))
    return Records(rows, size, int(np.searchsorted(newlines, size)) + is_last, separators)


def _are_in_place(data: npt.NDArray[np.uint8], quotes: Ints, delimiter: int) -> bool:
    """Whether each field with a quote begins and ends with one.

    A doubled quote inside a field counts as closing and opening it again.
    """
    before = data[np.maximum(quotes[0::2] - 1, 0)]
    after = data[np.minimum(quotes[1::2] + 1, len(data) - 1)]
    opens = (before == delimiter) | (before == _NEWLINE) | (before == _QUOTE)
    closes = (after == delimiter) | (after == _NEWLINE) | (after == _QUOTE) | (after == _RETURN)
    if len(quotes) and quotes[0] == 0:
        opens[0] = True
    return bool(opens.all() and closes.all())


def _returns_are_in_place(data: npt.NDArray[np.uint8], quotes: Ints) -> bool:
    returns = _outside(quotes, np.flatnonzero(data == _RETURN))
    following = data[np.minimum(returns + 1, len(data) - 1)]
    return bool(np.all(following == _NEWLINE))


def _outside(quotes: Ints, offsets: Ints) -> Ints:
    outside: Ints = offsets[np.searchsorted(quotes, offsets) % 2 == 0]
    return outside


def _fields(commas: Ints, ends: Ints, width: int) -> Ints | None:
    """The offsets (records, width) after which fields begin; None if a record is ragged."""
    last = ends[-1] if len(ends) else -1
    commas = commas[commas < last]
    if len(commas) != len(ends) * (width - 1):
        return None
    inner = commas.reshape(len(ends), width - 1)
    starts = np.append(0, ends[:-1] + 1)
    if width > 1 and bool(np.any((inner[:, 0] < starts) | (inner[:, -1] > ends))):
        return None
    return np.append(starts[:, None], inner + 1, axis=1)


def _rows(
    block: bytes,
    names: Sequence[str],
    numbers: list[int],
    starts: list[list[int]],
    stops: list[list[int]],
) -> list[RawRow]:
    text = block.decode("ascii") if block.isascii() else None

    def field(start: int, stop: int) -> str:
        return _unquoted(block[start:stop].decode() if text is None else text[start:stop])

    return [
        RawRow(
            number,
            block[begins[0] : ends[-1]],
            dict(zip(names, map(field, begins, ends), strict=True)),
        )
        for number, begins, ends in zip(numbers, starts, stops, strict=True)
    ]


def _unquoted(text: str) -> str:
    if text[:1] != '"':
        return text
    return text[1:-1].replace('""', '"')
