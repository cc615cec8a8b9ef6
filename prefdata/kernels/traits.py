"""The traits of texts: what bytes they hold; see `records.traits`, whose bits these are."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

AHEAD = 2
"""Bytes after a text that are looked at, so that bits may be set without need."""

_STRETCH = 4096
"""Bytes looked at together: they fit into the first-level cache."""

_NONE = np.uint8(0)
_FOREIGN, _CONTROL, _MISREAD, _BROKEN, _ANGLE, _SQUARE, _HASHES, _TURN = np.array(
    [1 << bit for bit in range(8)], np.uint8
)
_BITS = np.uint64(0xFF)
_LINE, _TAB, _RETURN, _SPACE, _DELETE, _HASH, _LESS, _BRACKET = np.frombuffer(
    b"\n\t\r \x7f#<[", np.uint8
)
_H, _A, _U, _CAPITAL_S, _LITTLE_U, _LITTLE_S = np.frombuffer(b"HAUSus", np.uint8)
_80, _9F, _A0, _C0, _C2, _C3 = np.array([0x80, 0x9F, 0xA0, 0xC0, 0xC2, 0xC3], np.uint8)
_94, _BD, _BF, _E9, _EF = np.array([0x94, 0xBD, 0xBF, 0xE9, 0xEF], np.uint8)


@compiled()
def _look(text: np.ndarray, second: np.ndarray, third: np.ndarray, bits: np.ndarray) -> None:
    """Writes the bits of every byte; `second` and `third`: the same bytes, from the next and the
    one after on. Every byte takes the same steps, so that many are looked at together."""
    for at in range(len(text)):
        one, two, three = text[at], second[at], third[at]
        low = (one < _SPACE) & (one != _LINE) & (one != _TAB) & (one != _RETURN)
        replaced = (one == _EF) & (two == _BF) & (three == _BD)
        human = (two == _H) & (three == _LITTLE_U)
        assistant = (two == _A) & ((three == _LITTLE_S) | (three == _CAPITAL_S))
        user = (two == _U) & (three == _CAPITAL_S)
        found = _FOREIGN if one >= _80 else _NONE
        found |= _CONTROL if low | (one == _DELETE) | ((one == _C2) & (two < _A0)) else _NONE
        found |= _MISREAD if (one == _C3) & (three >= _C0) else _NONE
        found |= _BROKEN if replaced | ((one == _E9) & (two == _94) & (three == _9F)) else _NONE
        found |= _ANGLE if one == _LESS else _NONE
        found |= _SQUARE if one == _BRACKET else _NONE
        found |= _HASHES if (one == _HASH) & (two == _HASH) else _NONE
        found |= _TURN if (one == _LINE) & (human | assistant | user) else _NONE
        bits[at] = found


@compiled()
def survey(raw: np.ndarray, bounds: np.ndarray, seen: np.ndarray) -> None:
    """Writes the bits of each text to `seen` (n): those that it has, and perhaps others.

    Text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`, which has `AHEAD` more.
    """
    bits = np.zeros(_STRETCH, np.uint8)
    words = bits.view(np.uint64)
    for number in range(len(bounds) - 1):
        start, stop = bounds[number], bounds[number + 1]
        all_bits = np.uint64(0)
        while start < stop:
            end = min(start + _STRETCH, stop)
            _look(raw[start:end], raw[start + 1 : end + 1], raw[start + 2 : end + 2], bits)
            filled = (end - start + 7) // 8
            for place in range(end - start, filled * 8):
                bits[place] = _NONE
            for word in range(filled):
                all_bits |= words[word]
            start = end
        for width in (32, 16, 8):
            all_bits |= all_bits >> np.uint64(width)
        seen[number] = all_bits & _BITS
