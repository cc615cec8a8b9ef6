r"""JSON Lines of known fields, read in one walk over the bytes that matter.

`mark` finds the quotes, backslashes and control bytes of a block, eight bytes at a time. `read`
walks over them, line by line:

    line   = "{" pair ("," pair)* "}"        blanks between tokens, in any order of fields
    pair   = name ":" value                  name: known, without escapes, once a line
    value  = string                          of a text: copied by runs, escapes resolved
           | anything up to its "," or "}"   of another field: a span of the block, not looked into

A line that is not of this shape (another name, a name twice, a text that is no string, a bad
escape, a lone surrogate, a control byte in a string) is left to the careful reader: its number is
noted, and the next line is read. UTF-8 is not checked here.
"""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

_QUOTE, _SLASH, _COMMA, _COLON = ord('"'), ord("\\"), ord(","), ord(":")
_OPEN, _CLOSE, _LIST, _LISTED = ord("{"), ord("}"), ord("["), ord("]")
_LINE, _SPACE, _TAB, _RETURN, _U = ord("\n"), ord(" "), ord("\t"), ord("\r"), ord("u")
_QUOTES = np.uint64(0x2222222222222222)
_SLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)
_SPACES = np.uint64(0x2020202020202020)
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_NONE = np.uint64(0)

_PLAIN = np.zeros(256, np.uint8)
for _escape, _stands_for in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _PLAIN[_escape] = _stands_for
_HEX = np.full(256, 255, np.uint8)
for _digits, _first in ((b"0123456789", 0), (b"abcdef", 10), (b"ABCDEF", 10)):
    for _at, _digit in enumerate(_digits):
        _HEX[_digit] = _first + _at


@compiled()
def mark(words: np.ndarray, marks: np.ndarray) -> int:
    """Writes the places of quotes, backslashes and control bytes to `marks`; returns their number.

    `words`: the block as 64-bit words, little-endian, filled up with spaces.
    """
    count = 0
    for at in range(len(words)):
        word = words[at]
        quotes, slashes = word ^ _QUOTES, word ^ _SLASHES
        # a byte is 0 where subtracting 1 borrows into its highest bit, which it had not itself
        found = (
            ((quotes - _ONES) & ~quotes)
            | ((slashes - _ONES) & ~slashes)
            | ((word - _SPACES) & ~word)
        ) & _HIGHS
        if found == _NONE:
            continue
        start = at * 8
        for byte in range(8):
            value = (word >> np.uint64(8 * byte)) & np.uint64(0xFF)
            # a borrow may mark the byte after a true one: look at it
            if value == _QUOTE or value == _SLASH or value < np.uint64(32):  # noqa: PLR1714
                marks[count] = start + byte
                count += 1
    return count


@compiled(inline=True)
def _blank(byte: np.uint8) -> bool:
    return byte == _SPACE or byte == _TAB or byte == _RETURN  # noqa: PLR1714


@compiled(inline=True)
def _code(raw: np.ndarray, at: int) -> int:
    """The number of four hexadecimal digits; -1 if they are none."""
    number = 0
    for place in range(4):
        digit = _HEX[raw[at + place]]
        if digit == 255:
            return -1
        number = (number << 4) | np.int64(digit)
    return number


@compiled()
def _string(raw: np.ndarray, marks: np.ndarray, at: int, out: np.ndarray, fill: int) -> tuple:
    """Copies a string to `out` from `fill`, escapes resolved.

    `at`: the mark of its opening quote. Returns the mark of its closing quote and the new fill; a
    negative mark if the string is faulty.
    """
    start = marks[at] + 1
    at += 1
    while True:
        stop = marks[at]
        for place in range(start, stop):
            out[fill] = raw[place]
            fill += 1
        byte = raw[stop]
        if byte == _QUOTE:
            return at, fill
        if byte != _SLASH:
            return -1, fill
        kind = raw[stop + 1]
        if kind == _U:
            code = _code(raw, stop + 2)
            start = stop + 6
            if 0xD800 <= code < 0xDC00:
                if raw[start] != _SLASH or raw[start + 1] != _U:
                    return -1, fill
                low = _code(raw, start + 2)
                if not 0xDC00 <= low < 0xE000:
                    return -1, fill
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                start += 6
            elif code < 0 or 0xDC00 <= code < 0xE000:
                return -1, fill
            if code < 0x80:
                out[fill] = code
                fill += 1
            elif code < 0x800:
                out[fill], out[fill + 1] = 0xC0 | (code >> 6), 0x80 | (code & 0x3F)
                fill += 2
            elif code < 0x10000:
                out[fill], out[fill + 1] = 0xE0 | (code >> 12), 0x80 | ((code >> 6) & 0x3F)
                out[fill + 2] = 0x80 | (code & 0x3F)
                fill += 3
            else:
                out[fill], out[fill + 1] = 0xF0 | (code >> 18), 0x80 | ((code >> 12) & 0x3F)
                out[fill + 2], out[fill + 3] = 0x80 | ((code >> 6) & 0x3F), 0x80 | (code & 0x3F)
                fill += 4
        else:
            plain = _PLAIN[kind]
            if plain == 0:
                return -1, fill
            out[fill] = plain
            fill += 1
            start = stop + 2
        at += 1
        while marks[at] < start:  # what was escaped is marked as well
            at += 1


@compiled()
def _skip(raw: np.ndarray, marks: np.ndarray, at: int, place: int, size: int) -> tuple:
    """The end of a value that is not looked into: where its "," or "}" stands, and the mark after;
    a negative place if there is none on this line.

    `place`: its first byte; `at`: the first mark from there on.
    """
    depth = 0
    while place < size:
        byte = raw[place]
        if byte == _QUOTE:
            while marks[at] < place:
                at += 1
            at += 1
            while raw[marks[at]] == _SLASH:
                over = marks[at] + 2
                at += 1
                while marks[at] < over:
                    at += 1
            if raw[marks[at]] != _QUOTE or marks[at] >= size:
                return -1, at
            place = marks[at]
        elif byte == _OPEN or byte == _LIST:  # noqa: PLR1714
            depth += 1
        elif byte == _LISTED or (byte == _CLOSE and depth):
            depth -= 1
            if depth < 0:
                return -1, at
        elif byte == _LINE:
            return -1, at
        elif depth == 0 and (byte == _COMMA or byte == _CLOSE):  # noqa: PLR1714
            return place, at
        place += 1
    return -1, at


@compiled()
def _named(raw: np.ndarray, start: int, stop: int, names: np.ndarray, bounds: np.ndarray) -> int:
    """The number of the field with this name; -1 if there is none."""
    for field in range(len(bounds) - 1):
        first = bounds[field]
        if bounds[field + 1] - first != stop - start:
            continue
        same = True
        for place in range(stop - start):
            if names[first + place] != raw[start + place]:
                same = False
                break
        if same:
            return field
    return -1


@compiled()
def read(
    raw: np.ndarray,
    size: int,
    marks: np.ndarray,
    names: np.ndarray,
    bounds: np.ndarray,
    texts: np.ndarray,
    offsets: np.ndarray,
    spans: np.ndarray,
    lines: np.ndarray,
    others: np.ndarray,
) -> tuple:
    """Reads the lines of a block.

    `raw` (size + 16): the block, which ends in a line break, and spaces. `marks`: of `mark`, and
    `size` once more at the end. `names`, `bounds` (fields + 1): the names of the fields, those of
    the three texts first. `texts` (3, size) and `offsets` (3, rows + 1) become the columns,
    `spans` (rows, fields - 3, 2) the places of the other values, `lines` (rows) the numbers of the
    lines from 0. `others` (rows, 3): number, start and end of the lines that are left. Returns how
    many there are of both.
    """
    fields = len(bounds) - 1
    every = (1 << fields) - 1
    rows = left = 0
    number = start = at = 0
    while start < size:
        begin, seen, place = at, 0, start
        fills = offsets[0, rows], offsets[1, rows], offsets[2, rows]
        fill_0, fill_1, fill_2 = fills
        while _blank(raw[place]):
            place += 1
        is_sound = raw[place] == _OPEN
        place += 1
        while is_sound:
            is_sound = False
            while _blank(raw[place]):
                place += 1
            while marks[at] < place:
                at += 1
            if raw[place] != _QUOTE or marks[at] != place or raw[marks[at + 1]] != _QUOTE:
                break
            field = _named(raw, place + 1, marks[at + 1], names, bounds)
            if field < 0 or seen >> field & 1:
                break
            seen |= 1 << field
            place = marks[at + 1] + 1
            at += 2
            while _blank(raw[place]):
                place += 1
            if raw[place] != _COLON:
                break
            place += 1
            while _blank(raw[place]):
                place += 1
            if field < 3:
                while marks[at] < place:
                    at += 1
                if raw[place] != _QUOTE or marks[at] != place:
                    break
                if field == 0:
                    at, fill_0 = _string(raw, marks, at, texts[0], fill_0)
                elif field == 1:
                    at, fill_1 = _string(raw, marks, at, texts[1], fill_1)
                else:
                    at, fill_2 = _string(raw, marks, at, texts[2], fill_2)
                if at < 0:
                    break
                place = marks[at] + 1
                at += 1
            else:
                spans[rows, field - 3, 0] = place
                place, at = _skip(raw, marks, at, place, size)
                if place < 0:
                    break
                spans[rows, field - 3, 1] = place
            while _blank(raw[place]):
                place += 1
            if raw[place] == _COMMA:
                place += 1
                is_sound = True
                continue
            if raw[place] != _CLOSE:
                break
            place += 1
            while _blank(raw[place]):
                place += 1
            if raw[place] == _LINE and seen == every:
                offsets[0, rows + 1], offsets[1, rows + 1] = fill_0, fill_1
                offsets[2, rows + 1], lines[rows] = fill_2, number
                rows += 1
                start = -place - 1  # done
            break
        if start < 0:
            start = -start
            while marks[at] < start:
                at += 1
        else:
            at = begin
            while marks[at] < size and raw[marks[at]] != _LINE:
                at += 1
            others[left, 0], others[left, 1], others[left, 2] = number, start, marks[at]
            left += 1
            start = marks[at] + 1
            at += 1
        number += 1
    return rows, left
