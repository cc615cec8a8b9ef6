r"""JSON Lines of known fields, read in one walk over the bytes that matter.

`mark` finds the quotes, backslashes and control bytes of a block. `read` walks over them:

    line   = "{" pair ("," pair)* "}"     white space between tokens, fields in any order
    pair   = name ":" value               name: known, without escapes, once in a line
    value  = string                       of a text: copied by runs, its escapes resolved
           | any JSON                     of another field: a span of the block

A line of another shape (an unknown name, a name twice, a text that is no string, a faulty escape,
half of a surrogate pair, a control byte in a string) is left to the careful reader: its number and
its bounds are noted, and the next line is read. UTF-8 is not checked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.json_values import (
    CLOSE,
    COLON,
    COMMA,
    FAULT,
    LINE,
    OPEN,
    QUOTE,
    SLASH,
    SPACE,
    skip,
    skip_blanks,
    text,
)
from prefdata.kernels.memory import copy_bytes

STRETCH = 1 << 14
"""Bytes that `mark` looks at together: they fit into the first-level cache."""

MARGIN = 8
"""Marks that `mark` may write beyond those that it finds."""

TEXTS = 3
_ALL_TEXTS = (1 << TEXTS) - 1


@compiled()
def _hit(raw: np.ndarray, hits: np.ndarray) -> None:
    for at in range(len(raw)):
        byte = raw[at]
        hits[at] = (byte == QUOTE) | (byte == SLASH) | (byte < SPACE)


@compiled()
def mark(raw: np.ndarray, hits: np.ndarray, words: np.ndarray, marks: np.ndarray) -> int:
    """Writes the places of quotes, backslashes and control bytes to `marks`; returns their number.

    `hits` (STRETCH): scratch; `words` (STRETCH / 8): the same memory as 64-bit numbers. `marks`
    needs room for as many as there are bytes, and `MARGIN`.
    """
    count = 0
    for start in range(0, len(raw), STRETCH):
        size = min(STRETCH, len(raw) - start)
        for at in range(size, STRETCH):
            hits[at] = 0
        _hit(raw[start : start + size], hits)
        for word in range((size + 7) // 8):
            if words[word]:
                for at in range(word * 8, word * 8 + 8):
                    marks[count] = start + at
                    count += hits[at]
    return count


@compiled()
def _named(
    raw: np.ndarray, start: int, stop: int, names: np.ndarray, bounds: np.ndarray, guess: int
) -> int:
    """The number of the field with this name, which is often `guess`; or a fault."""
    fields = len(bounds) - 1
    for step in range(fields):
        field = (guess + step) % fields
        first = bounds[field]
        if bounds[field + 1] - first == stop - start:
            same = True
            for place in range(stop - start):
                same = same and names[first + place] == raw[start + place]
            if same:
                return field
    return FAULT


@compiled()
def _line(
    raw: np.ndarray,
    marks: np.ndarray,
    at: int,
    place: int,
    names: np.ndarray,
    bounds: np.ndarray,
    texts: np.ndarray,
    fills: np.ndarray,
    spans: np.ndarray,
) -> int:
    """Reads the object that begins at `place`; `at`: a mark not after it.

    Returns the mark of its line break, or a fault. What it holds goes to `texts` from `fills` (3),
    and to `spans`.
    """
    seen, guess = 0, np.int64(0)
    opener = OPEN
    while raw[place] == opener:
        opener = COMMA
        place = skip_blanks(raw, place + 1)
        while marks[at] < place:
            at += 1
        if raw[place] != QUOTE or raw[marks[at + 1]] != QUOTE:
            return FAULT
        field = _named(raw, place + 1, np.int64(marks[at + 1]), names, bounds, guess)
        if field == FAULT or seen >> field & 1:
            return FAULT
        seen |= 1 << field
        guess = field + 1
        place = skip_blanks(raw, np.int64(marks[at + 1]) + 1)
        at += 2
        if raw[place] != COLON:
            return FAULT
        place = skip_blanks(raw, place + 1)
        if field < TEXTS:
            while marks[at] < place:
                at += 1
            if raw[place] != QUOTE:
                return FAULT
            at, fills[field] = text(raw, marks, at, texts[field], fills[field])
            if at == FAULT:
                return FAULT
            place = np.int64(marks[at]) + 1
            at += 1
        else:
            spans[field - TEXTS, 0] = place
            place, at = skip(raw, marks, at, place)
            if place == FAULT:
                return FAULT
            spans[field - TEXTS, 1] = place
        place = skip_blanks(raw, place)
    if raw[place] != CLOSE or seen & _ALL_TEXTS != _ALL_TEXTS:
        return FAULT
    place = skip_blanks(raw, place + 1)
    if raw[place] != LINE:
        return FAULT
    while marks[at] < place:
        at += 1
    return at


@compiled()
def count_lines(raw: np.ndarray, marks: np.ndarray, count: int) -> int:
    """The number of line breaks among the first `count` marks."""
    lines = 0
    for at in range(count):
        lines += raw[marks[at]] == LINE
    return lines


@compiled()
def read(
    raw: np.ndarray,
    marks: np.ndarray,
    names: np.ndarray,
    bounds: np.ndarray,
    texts: np.ndarray,
    offsets: np.ndarray,
    spans: np.ndarray,
    rows: np.ndarray,
    others: np.ndarray,
) -> tuple[Any, ...]:
    """Reads the lines of a block.

    `raw`: the block, which ends with a line break. `marks`: of `mark`. `names`, `bounds` (fields +
    1): the names of the fields, one after the other, those of the texts first. `texts` (3, bytes of
    the block) and `offsets` (3, lines + 1) become the columns; `spans` (lines + 1, fields - 3, 2)
    the start and the end of the other values, both 0 where a row has none. `rows` (lines, 3):
    number from 0, start and end of the line of each row; `others` (lines, 3): of the lines that are
    left. Returns the number of both, and that of the bytes in lines of white space.
    """
    read = left = blanks = number = 0
    start = at = np.int64(0)  # no literal, for which functions would be compiled once more
    fills = np.zeros(TEXTS, np.int64)  # numbers are copied one by one: slices take long to compile
    while start < len(raw):
        end = at
        for field in range(spans.shape[1]):
            spans[read, field, 0] = spans[read, field, 1] = 0
        place = skip_blanks(raw, start)
        if raw[place] == LINE:
            while marks[end] < place:
                end += 1
            blanks += place - start
        else:
            end = _line(raw, marks, at, place, names, bounds, texts, fills, spans[read])
            if end == FAULT:
                for field in range(TEXTS):
                    fills[field] = offsets[field, read]
                end = at
                while raw[marks[end]] != LINE:
                    end += 1
                others[left, 0], others[left, 1], others[left, 2] = number, start, marks[end]
                left += 1
            else:
                for field in range(TEXTS):
                    offsets[field, read + 1] = fills[field]
                rows[read, 0], rows[read, 1], rows[read, 2] = number, start, marks[end]
                read += 1
        start = np.int64(marks[end]) + 1
        at = end + 1
        number += 1
    return read, left, blanks


@compiled()
def gather(
    raw: np.ndarray,
    spans: np.ndarray,
    names: np.ndarray,
    bounds: np.ndarray,
    out: np.ndarray,
    offsets: np.ndarray,
) -> None:
    """Writes objects of the fields that are spans, one after the other: `{"a":1,"b":[2]}`.

    `names`, `bounds` (fields + 1): what stands before each value, such as `"a":`. `out`: where they
    go, with room for as many bytes as `raw` has. `offsets` (rows + 1): where each object begins.
    """
    fill = 0
    for row in range(len(spans)):
        out[fill] = OPEN
        fill += 1
        before = fill
        for field in range(len(bounds) - 1):
            start = np.int64(spans[row, field, 0])
            size = np.int64(spans[row, field, 1]) - start
            if size:
                if fill > before:
                    out[fill] = COMMA
                    fill += 1
                width = bounds[field + 1] - bounds[field]
                copy_bytes(out, fill, names, bounds[field], width)
                copy_bytes(out, fill + width, raw, start, size)
                fill += width + size
        out[fill] = CLOSE
        fill += 1
        offsets[row + 1] = fill
