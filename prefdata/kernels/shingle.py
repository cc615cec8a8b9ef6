"""Tokens and shingles of UTF-8 texts."""

from __future__ import annotations

import numpy as np
from numba import njit

from prefdata.kernels.hashing import STEP, mix

SEPARATOR, WORD, SYMBOL, CHARACTER = range(4)
CARE, UNKNOWN = 0x80, 0xFF
_EIGHT = np.uint64(8)
_NOTHING = np.uint64(0)
_HYPHEN, _ZERO, _NINE = ord("-"), ord("0"), ord("9")


@njit(cache=True, inline="always")
def _width(first: int) -> int:
    """The bytes of a character, by the first of them."""
    if first < 0x80:
        return 1
    if first < 0xE0:
        return 2
    return 3 if first < 0xF0 else 4


@njit(cache=True, inline="always")
def _point(raw: np.ndarray, at: int, width: int) -> np.int64:
    """The code point of a character of valid UTF-8 beyond ASCII."""
    first = np.int64(raw[at])
    second = np.int64(raw[at + 1]) & 0x3F
    if width == 2:
        return ((first & 0x1F) << 6) | second
    third = np.int64(raw[at + 2]) & 0x3F
    if width == 3:
        return ((first & 0x0F) << 12) | (second << 6) | third
    return ((first & 0x07) << 18) | (second << 12) | (third << 6) | (np.int64(raw[at + 3]) & 0x3F)


@njit(cache=True, nogil=True)
def look_for_care(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    careful: np.ndarray,
    unknown: np.ndarray,
) -> int:
    """Marks the messages that have to be folded first; notes code points without a class yet.

    Gives how many it noted in `unknown`: when there are any, fill in `classes` and look again.
    """
    noted = 0
    for message in range(len(bounds) - 1):
        at, end = bounds[message], bounds[message + 1]
        while at < end:
            first = raw[at]
            if first < 0x80:
                at += 1
                continue
            width = _width(first)
            point = _point(raw, at, width)
            kind = classes[point]
            if kind == UNKNOWN:
                if noted < len(unknown):
                    unknown[noted] = point
                    noted += 1
            elif kind >= CARE:
                careful[message] = True
            at += width
    return noted


@njit(cache=True, nogil=True)
def shingle_messages(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    words: int,
    characters: int,
    shingles: np.ndarray,
    firsts: np.ndarray,
) -> None:
    """Writes the shingles of every message, one after another, and where each message starts.

    `raw`: folded but for ASCII letters. `shingles` needs room for one a byte, `firsts` for one
    message more than there are.
    """
    longest = 0
    for message in range(len(bounds) - 1):
        longest = max(longest, bounds[message + 1] - bounds[message])
    hashes = np.empty(longest, np.uint64)
    sizes = np.empty(longest, np.int64)
    made = 0
    for message in range(len(bounds) - 1):
        firsts[message] = made
        tokens = _tokenise(
            raw, bounds[message], bounds[message + 1], classes, words, characters, hashes, sizes
        )
        before = made
        for start in range(tokens):
            if start + sizes[start] <= tokens:
                shingles[made] = _join(hashes, start, sizes[start])
                made += 1
        if made == before and tokens > 0:
            shingles[made] = _join(hashes, 0, tokens)
            made += 1
    firsts[len(bounds) - 1] = made


@njit(cache=True, inline="always")
def _join(hashes: np.ndarray, start: int, size: int) -> np.uint64:
    value = _NOTHING
    for token in range(start, start + size):
        value = value * STEP + hashes[token]
    return mix(value)


@njit(cache=True)
def _tokenise(
    raw: np.ndarray,
    start: int,
    end: int,
    classes: np.ndarray,
    words: int,
    characters: int,
    hashes: np.ndarray,
    sizes: np.ndarray,
) -> int:
    """Writes hash and shingle length of every token of a message; gives how many there are."""
    tokens = 0
    value, lane, filled = _NOTHING, _NOTHING, np.uint64(0)
    in_word = False
    at = start
    while at < end:
        first = raw[at]
        width = _width(first)
        if width == 1:
            if first - 65 < 26 and first >= 65:
                first |= 32
            kind = classes[first]
            if first == _HYPHEN and at + 1 < end and _ZERO <= raw[at + 1] <= _NINE:
                kind = SYMBOL
        else:
            kind = classes[_point(raw, at, width)] & 0x7F
        if kind == WORD:
            for offset in range(width):
                byte = np.uint64(first) if offset == 0 else np.uint64(raw[at + offset])
                if filled == _EIGHT:
                    value = mix((value * STEP) ^ lane)
                    lane, filled = _NOTHING, _NOTHING
                lane |= byte << (_EIGHT * filled)
                filled += np.uint64(1)
            in_word = True
        else:
            if in_word:
                hashes[tokens] = mix((value * STEP) ^ lane)
                sizes[tokens] = words
                tokens += 1
                value, lane, filled = _NOTHING, _NOTHING, _NOTHING
                in_word = False
            if kind != SEPARATOR:
                lone = np.uint64(first)
                for offset in range(1, width):
                    lone |= np.uint64(raw[at + offset]) << (_EIGHT * np.uint64(offset))
                hashes[tokens] = mix(lone)
                sizes[tokens] = characters if kind == CHARACTER else words
                tokens += 1
        at += width
    if in_word:
        hashes[tokens] = mix((value * STEP) ^ lane)
        sizes[tokens] = words
        tokens += 1
    return tokens
