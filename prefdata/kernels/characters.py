"""Characters of UTF-8 texts: how many there are, and of which scripts the first ones are."""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.kernels.compiled import compiled

_CONTINUES, _FIRST = np.uint8(0xC0), np.uint8(0x80)
_80, _C0 = np.uint8(0x80), np.uint8(0xC0)
_CASE, _A, _LETTERS = np.uint8(0x20), np.uint8(ord("a")), np.uint8(26)


@compiled()
def count_byte(raw: np.ndarray, byte: np.uint8) -> int:
    """How often a byte occurs."""
    count = 0
    for at in range(len(raw)):
        count += raw[at] == byte
    return count


@compiled()
def find_byte(raw: np.ndarray, bounds: np.ndarray, byte: np.uint8, found: np.ndarray) -> None:
    """Writes to `found` (n) which texts have a byte.

    Text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`.
    """
    for number in range(len(bounds) - 1):
        found[number] = count_byte(raw[bounds[number] : bounds[number + 1]], byte) > 0


@compiled()
def _characters(text: np.ndarray) -> int:
    count = 0
    for at in range(len(text)):
        count += (text[at] & _CONTINUES) != _FIRST
    return count


@compiled()
def count_characters(raw: np.ndarray, bounds: np.ndarray, counts: np.ndarray) -> None:
    """Writes the number of characters of each text to `counts` (n).

    Text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`, valid UTF-8.
    """
    for number in range(len(bounds) - 1):
        counts[number] = _characters(raw[bounds[number] : bounds[number + 1]])


@compiled()
def _letters(text: np.ndarray) -> tuple[Any, ...]:
    """How many letters of ASCII there are, and whether all bytes are ASCII."""
    letters, highest = 0, np.uint8(0)
    for at in range(len(text)):
        letters += np.uint8((text[at] | _CASE) - _A) < _LETTERS
        highest = max(highest, text[at])
    return letters, highest < _80


@compiled()
def count_scripts(
    raw: np.ndarray,
    bounds: np.ndarray,
    rows: np.ndarray,
    most: int,
    scripts: np.ndarray,
    latin: int,
    counts: np.ndarray,
) -> None:
    """Adds the whole characters in the first `most` bytes of each text to `counts` (rows, scripts).

    Text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`, valid UTF-8, and belongs to the
    row `rows[i]`. `scripts`: code point to script. Of ASCII only letters count, for `latin`.
    """
    for number in range(len(bounds) - 1):
        start = bounds[number]
        stop = min(bounds[number + 1], start + most)
        row = counts[rows[number]]
        letters, is_ascii = _letters(raw[start:stop])
        row[latin] += letters
        if is_ascii:
            continue
        at = start
        while at < stop:
            lead = raw[at]
            width = 1
            if lead >= _C0:
                width = 2 + (lead >= 0xE0) + (lead >= 0xF0)
                if at + width > stop:
                    break
                point = np.int64(lead) & (0x7F >> width)
                for place in range(at + 1, at + width):
                    point = (point << 6) | (np.int64(raw[place]) & 0x3F)
                row[scripts[point]] += 1
            at += width
