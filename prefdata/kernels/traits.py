"""The traits of texts: what bytes they hold; see `records.traits`, whose bits these are."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

FOREIGN, CONTROL, MISREAD, BROKEN, ANGLE, SQUARE, HASHES, TURN = (1 << bit for bit in range(8))
AHEAD = 2
"""Bytes after a text that are looked at, so that these bits may be set without need."""

_LINE, _TAB, _RETURN, _SPACE, _DELETE, _HASH, _LESS, _BRACKET = np.frombuffer(
    b"\n\t\r \x7f#<[", np.uint8
)
_H, _A, _U, _S, _LITTLE_U, _LITTLE_S = np.frombuffer(b"HAUSus", np.uint8)
_80, _9F, _A0, _C0, _C2, _C3 = np.array([0x80, 0x9F, 0xA0, 0xC0, 0xC2, 0xC3], np.uint8)
_94, _BD, _BF, _E9, _EF = np.array([0x94, 0xBD, 0xBF, 0xE9, 0xEF], np.uint8)


@compiled()
def _seen(text: np.ndarray, second: np.ndarray, third: np.ndarray) -> int:
    """The bits of one text; `second` and `third`: the same bytes, from the next and the one after
    on. Every byte takes the same steps, so that many are looked at together."""
    foreign = control = misread = broken = angle = square = hashes = turn = False
    for at in range(len(text)):
        one, two, three = text[at], second[at], third[at]
        low = (one < _SPACE) & (one != _LINE) & (one != _TAB) & (one != _RETURN)
        foreign |= one >= _80
        control |= low | (one == _DELETE) | ((one == _C2) & (two < _A0))
        misread |= (one == _C3) & (three >= _C0)
        broken |= (one == _EF) & (two == _BF) & (three == _BD)
        broken |= (one == _E9) & (two == _94) & (three == _9F)
        angle |= one == _LESS
        square |= one == _BRACKET
        hashes |= (one == _HASH) & (two == _HASH)
        turn |= (one == _LINE) & (two == _H) & (three == _LITTLE_U)
        turn |= (one == _LINE) & (two == _A) & ((three == _LITTLE_S) | (three == _S))
        turn |= (one == _LINE) & (two == _U) & (three == _S)
    bits = foreign * FOREIGN | control * CONTROL | misread * MISREAD | broken * BROKEN
    return bits | angle * ANGLE | square * SQUARE | hashes * HASHES | turn * TURN


@compiled()
def survey(raw: np.ndarray, bounds: np.ndarray, seen: np.ndarray) -> None:
    """Writes the bits of each text to `seen` (n): those that it has, and perhaps others.

    Text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`, which has `AHEAD` more.
    """
    for number in range(len(bounds) - 1):
        start, stop = bounds[number], bounds[number + 1]
        seen[number] = _seen(raw[start:stop], raw[start + 1 : stop + 1], raw[start + 2 : stop + 2])
