"""What bytes a text holds that artefacts are made of: a first look, which rules out most rules."""

from __future__ import annotations

import itertools
import re
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


_PATTERNS = {
    Trait.FOREIGN: "[^\x00-\x7f]",
    Trait.CONTROL: "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]",
    Trait.MISREAD: "[\u00c0-\u00ff][^\x00-\x7f]",
    Trait.BROKEN: "[\ufffd锟]",
    Trait.ANGLE: "<",
    Trait.SQUARE: r"\[",
    Trait.HASHES: "##",
    Trait.TURN: "\n(?:Hu|A[sS]|US)",
}
_COMPILED = {trait: re.compile(pattern) for trait, pattern in _PATTERNS.items()}


def traits_of(raw: Bytes, bounds: Ints) -> Bytes:
    """The traits of each text (reference, and for few texts); text i has the bytes `bounds[i]` to
    `bounds[i + 1]` of `raw`, in UTF-8."""
    whole = raw.tobytes()
    found = np.zeros(len(bounds) - 1, np.uint8)
    for number, (start, stop) in enumerate(itertools.pairwise(bounds.tolist())):
        text = whole[start:stop].decode()
        found[number] = sum(trait for trait, has in _COMPILED.items() if has.search(text))
    return found
