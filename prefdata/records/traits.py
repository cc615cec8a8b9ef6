"""What bytes a text holds that artefacts are made of: a first look, which rules out most rules."""

from __future__ import annotations

from enum import IntFlag

import numpy as np

from prefdata.records.arrays import Bytes, Ints


class Trait(IntFlag):
    """One thing that a text may hold."""

    FOREIGN = 1
    """A character above 127."""
    CONTROL = 2
    """A control character other than a tab or an end of line."""
    MISREAD = 4
    """Two characters above 127, the first of which is one of U+00C0 to U+00FF."""
    BROKEN = 8
    """U+FFFD or 锟."""
    ANGLE = 16
    """`<`"""
    SQUARE = 32
    """`[`"""
    HASHES = 64
    """`##`"""
    TURN = 128
    """A later line that begins with Hu, As, AS or US."""


_FOREIGN, _DELETE, _CASE = 0x80, 0x7F, 0x20
_IS_USUAL = np.zeros(256, np.bool_)
_IS_USUAL[list(b"\t\n\r")] = True

_AHEAD = 2
"""The most bytes after the first that a trait needs."""


def traits_of(raw: Bytes, bounds: Ints) -> Bytes:
    """The traits of each text (n); text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`, in
    UTF-8.

    A trait of several characters is also seen where it goes on in the next text. Without a kernel,
    for few texts.
    """
    found = np.zeros(len(bounds) - 1, np.uint8)
    ended = np.concatenate([raw, np.full(_AHEAD, ord(" "), np.uint8)])

    def mark(trait: Trait, places: Ints) -> None:
        found[np.searchsorted(bounds, places, side="right") - 1] |= np.uint8(trait)

    def places_of(byte: int) -> tuple[Ints, Bytes, Bytes]:
        places = np.flatnonzero(raw == byte)
        return places, ended[places + 1], ended[places + 2]

    places, second, third = places_of(ord("\n"))
    human = (second == ord("H")) & (third == ord("u"))
    assistant = (second == ord("A")) & ((third | _CASE) == ord("s"))
    user = (second == ord("U")) & (third == ord("S"))
    mark(Trait.TURN, places[human | assistant | user])
    places, second, _ = places_of(ord("#"))
    mark(Trait.HASHES, places[second == ord("#")])
    mark(Trait.ANGLE, places_of(ord("<"))[0])
    mark(Trait.SQUARE, places_of(ord("["))[0])
    controls = np.flatnonzero((raw < ord(" ")) | (raw == _DELETE))
    mark(Trait.CONTROL, controls[~_IS_USUAL[raw[controls]]])
    if not raw.size or raw.max() < _FOREIGN:
        return found
    texts = np.flatnonzero(np.diff(bounds))  # `reduceat` takes no empty ones
    highest = np.maximum.reduceat(raw, bounds[texts])
    found[texts[highest >= _FOREIGN]] |= np.uint8(Trait.FOREIGN)
    places, second, _ = places_of(0xC2)
    mark(Trait.CONTROL, places[second < 0xA0])
    places, _, third = places_of(0xC3)
    mark(Trait.MISREAD, places[third >= 0xC0])
    for first, *others in "\ufffd".encode(), "锟".encode():
        places, second, third = places_of(first)
        mark(Trait.BROKEN, places[(second == others[0]) & (third == others[1])])
    return found
