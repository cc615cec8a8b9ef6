r"""JSON values in a block of bytes whose quotes, backslashes and control bytes are marked.

`text` copies a string, run by run between its marks, with its escapes resolved:

    \n      \"      \\      one byte each           \u4e2d    its UTF-8, up to three bytes
    \ud83d\ude00            a pair of surrogates: four bytes; half of a pair is a fault

`skip` walks over any value, and holds it to the grammar of JSON (RFC 8259):

         ┌────────────── "," ──────────────┐        A stack of bits, one for each level, says
         ▼                                 │        what is open: an object (1) or an array (0).
    ─▶ value ──▶ scalar ──────────────▶ after ─▶ end of the value, at depth 0
         │ "[" or "{ name :"  deeper       ▲
         └──────────▶ value ... "]" or "}" ┘

Neither checks UTF-8. Both leave halves of surrogate pairs, and values nested deeper than 60 levels,
to the careful reader, by reporting a fault.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.memory import copy_bytes

# numbers of one byte, so that comparisons are of one byte as well, and many at a time
QUOTE, SLASH, COMMA, COLON, OPEN, CLOSE = np.frombuffer(b'"\\,:{}', np.uint8)
LINE, SPACE, TAB, RETURN = np.frombuffer(b"\n \t\r", np.uint8)
_LIST, _LISTED, _U = np.frombuffer(b"[]u", np.uint8)
_ZERO, _NINE, _MINUS, _PLUS, _POINT, _E, _CAPITAL_E = np.frombuffer(b"09-+.eE", np.uint8)
_WORDS = (b"true", b"false", b"null")
_MOST_DEPTH = 60
FAULT = -1
_NO_DIGIT = np.uint8(255)

_PLAIN = np.zeros(256, np.uint8)
for _escape, _stands_for in zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True):
    _PLAIN[_escape] = _stands_for
_HEX = np.full(256, _NO_DIGIT, np.uint8)
for _digits, _first in ((b"0123456789", 0), (b"abcdef", 10), (b"ABCDEF", 10)):
    for _at, _digit in enumerate(_digits):
        _HEX[_digit] = _first + _at


@compiled(inline=True)
def _blank(byte: np.uint8) -> bool:
    """Whether a byte is white space within a line."""
    return (byte == SPACE) | (byte == TAB) | (byte == RETURN)


@compiled()
def _four_digits(raw: np.ndarray, at: int) -> int:
    """The number of four hexadecimal digits, or a fault."""
    number = 0
    for place in range(at, at + 4):
        digit = _HEX[raw[place]] if place < len(raw) else _NO_DIGIT
        if digit == _NO_DIGIT:
            return FAULT
        number = (number << 4) | np.int64(digit)
    return number


@compiled()
def _code(raw: np.ndarray, at: int) -> int:
    """The character of a \\u escape at `at`, above 0xFFFF for two that are a pair; or a fault."""
    number = _four_digits(raw, at + 2)
    if number < 0xD800 or number > 0xDFFF:
        return number
    if number > 0xDBFF or at + 7 >= len(raw) or raw[at + 6] != SLASH or raw[at + 7] != _U:
        return FAULT
    low = _four_digits(raw, at + 8)
    if low < 0xDC00 or low > 0xDFFF:
        return FAULT
    return 0x10000 + ((number - 0xD800) << 10) + (low - 0xDC00)


@compiled()
def _encode(code: int, out: np.ndarray, fill: int) -> int:
    """Writes a character in UTF-8 to `out` from `fill`; returns the new fill."""
    if code < 0x80:
        out[fill] = code
        return fill + 1
    if code < 0x800:
        out[fill] = 0xC0 | (code >> 6)
    elif code < 0x10000:
        out[fill] = 0xE0 | (code >> 12)
        fill += 1
        out[fill] = 0x80 | ((code >> 6) & 0x3F)
    else:
        out[fill], out[fill + 1] = 0xF0 | (code >> 18), 0x80 | ((code >> 12) & 0x3F)
        fill += 2
        out[fill] = 0x80 | ((code >> 6) & 0x3F)
    out[fill + 1] = 0x80 | (code & 0x3F)
    return fill + 2


@compiled()
def text(
    raw: np.ndarray, marks: np.ndarray, at: int, out: np.ndarray, fill: int
) -> tuple[Any, ...]:
    """Copies a string to `out` from `fill`; `at`: the mark of its opening quote.

    Returns the mark of its closing quote (or a fault) and the new fill.
    """
    start = np.int64(marks[at]) + 1
    while True:
        at += 1
        while marks[at] < start:  # the second byte of an escape is marked as well
            at += 1
        stop = np.int64(marks[at])
        copy_bytes(out, fill, raw, start, stop - start)
        fill += stop - start
        if raw[stop] == QUOTE:
            return at, fill
        if raw[stop] != SLASH:
            return FAULT, fill
        kind = raw[stop + 1]
        if kind == _U:
            code = _code(raw, stop)
            if code == FAULT:
                return FAULT, fill
            fill = _encode(code, out, fill)
            start = stop + (12 if code > 0xFFFF else 6)
        else:
            plain = _PLAIN[kind]
            if plain == 0:
                return FAULT, fill
            out[fill] = plain
            fill += 1
            start = stop + 2


@compiled()
def _end_of_string(raw: np.ndarray, marks: np.ndarray, at: int) -> int:
    """The mark of the closing quote of a string, or a fault; `at`: that of its opening quote."""
    start = np.int64(marks[at]) + 1
    while True:
        at += 1
        while marks[at] < start:
            at += 1
        stop = np.int64(marks[at])
        if raw[stop] == QUOTE:
            return at
        if raw[stop] != SLASH:
            return FAULT
        kind = raw[stop + 1]
        start = stop + 2
        if kind == _U:
            code = _code(raw, stop)
            if code == FAULT:
                return FAULT
            start = stop + (12 if code > 0xFFFF else 6)
        elif _PLAIN[kind] == 0:
            return FAULT


@compiled(inline=True)
def _is_digit(byte: np.uint8) -> bool:
    return byte >= _ZERO and byte <= _NINE


@compiled()
def _end_of_scalar(raw: np.ndarray, place: int) -> int:
    """Where a number, true, false or null ends that begins at `place`; or a fault."""
    if raw[place] != _MINUS and not _is_digit(raw[place]):
        for word in _WORDS:
            if len(raw) - place > len(word):
                same = True
                for step in range(len(word)):
                    same = same and raw[place + step] == word[step]
                if same:
                    return place + len(word)
        return FAULT
    place += raw[place] == _MINUS
    if not _is_digit(raw[place]):
        return FAULT
    leads_with_zero = raw[place] == _ZERO
    place += 1
    while _is_digit(raw[place]):
        if leads_with_zero:
            return FAULT
        place += 1
    if raw[place] == _POINT:
        place += 1
        if not _is_digit(raw[place]):
            return FAULT
        while _is_digit(raw[place]):
            place += 1
    if raw[place] == _E or raw[place] == _CAPITAL_E:
        place += 1
        place += raw[place] == _PLUS or raw[place] == _MINUS
        if not _is_digit(raw[place]):
            return FAULT
        while _is_digit(raw[place]):
            place += 1
    return place


@compiled()
def skip_blanks(raw: np.ndarray, place: int) -> int:
    """The first place from `place` on that is no white space."""
    while _blank(raw[place]):
        place += 1
    return place


@compiled(inline=True)
def _opens(byte: np.uint8) -> bool:
    return (byte == OPEN) | (byte == _LIST)


@compiled()
def skip(raw: np.ndarray, marks: np.ndarray, at: int, place: int) -> tuple[Any, ...]:
    """Walks over the value that begins at `place`; `at`: a mark that is not after it.

    Returns where it ends (or a fault), and a mark that is not after that. The line ends with a line
    break, which is in no value.
    """
    depth = 0
    objects = 0
    while True:
        byte = raw[place]
        if _opens(byte):
            if depth == _MOST_DEPTH:
                return FAULT, at
            depth += 1
            objects = (objects << 1) | (byte == OPEN)
            place = skip_blanks(raw, place + 1)
            is_empty = raw[place] == (CLOSE if objects & 1 else _LISTED)
        else:
            is_empty = False
            if byte == QUOTE:
                while marks[at] < place:
                    at += 1
                at = _end_of_string(raw, marks, at)
                if at == FAULT:
                    return FAULT, at
                place = np.int64(marks[at]) + 1
            else:
                place = _end_of_scalar(raw, place)
                if place == FAULT:
                    return FAULT, at
        opened = not is_empty and _opens(byte)
        while not opened:  # after a value: the next one, or the end of what holds it
            if depth == 0:
                return place, at
            place = skip_blanks(raw, place)
            if raw[place] == COMMA:
                place = skip_blanks(raw, place + 1)
                break
            if raw[place] != (CLOSE if objects & 1 else _LISTED):
                return FAULT, at
            depth -= 1
            objects >>= 1
            place += 1
        if objects & 1:
            while marks[at] < place:
                at += 1
            if raw[place] != QUOTE:
                return FAULT, at
            at = _end_of_string(raw, marks, at)
            if at == FAULT:
                return FAULT, at
            place = skip_blanks(raw, np.int64(marks[at]) + 1)
            if raw[place] != COLON:
                return FAULT, at
            place = skip_blanks(raw, place + 1)
