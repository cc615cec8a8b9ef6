"""Tokens and shingles of UTF-8 texts."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.hashing import STEP, mix

SEPARATOR, WORD, SYMBOL, CHARACTER = range(4)
CARE, UNKNOWN = 0x80, 0xFF
_EIGHT = np.uint64(8)
_NOTHING = np.uint64(0)
_LANE_BITS = np.uint64(64)
_HYPHEN, _ZERO, _NINE = ord("-"), ord("0"), ord("9")


@compiled(inline=True)
def _width(first: np.int64) -> int:
    """The number of bytes of a character, from its first byte."""
    if first < 0x80:
        return 1
    if first < 0xE0:
        return 2
    return 3 if first < 0xF0 else 4


@compiled(inline=True)
def _longer(point: np.int64, byte: np.int64) -> np.int64:
    """A code point extended by one more byte."""
    return (point << 6) | (byte & 0x3F)


@compiled()
def look_for_care(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    careful: np.ndarray,
    unknown: np.ndarray,
) -> int:
    """Marks the messages that must be folded first, and collects code points of unknown class.

    Returns their number in `unknown`; if there are any, complete `classes` and call it again.
    """
    noted = 0
    for message in range(len(bounds) - 1):
        at, end = bounds[message], bounds[message + 1]
        while at < end:
            first = np.int64(raw[at])
            if first < 0x80:
                at += 1
                continue
            width = _width(first)
            point = first & (0xFF >> (width + 1))
            for offset in range(1, width):
                point = _longer(point, np.int64(raw[at + offset]))
            kind = classes[point]
            if kind == UNKNOWN:
                if noted < len(unknown):
                    unknown[noted] = point
                    noted += 1
            elif kind >= CARE:
                careful[message] = True
            at += width
    return noted


@compiled()
def shingle_messages(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    words: int,
    characters: int,
    shingles: np.ndarray,
    firsts: np.ndarray,
) -> None:
    """Fills `shingles`, message by message, and `firsts` with the start of each message.

    `raw`: folded except for ASCII letters. `shingles` needs room for one per byte, `firsts` for one
    more entry than there are messages.
    """
    longest = 0
    for message in range(len(bounds) - 1):
        longest = max(longest, bounds[message + 1] - bounds[message])
    lowered = np.zeros(256, np.uint64)  # letters and digits, as they are folded
    for byte in range(128):
        if classes[byte] & 0x7F == WORD:
            lowered[byte] = byte | ((65 <= byte <= 90) << 5)
    hashes = np.empty(longest, np.uint64)
    sizes = np.empty(longest, np.int64)
    made = 0
    for message in range(len(bounds) - 1):
        firsts[message] = made
        tokens = tokenise(
            raw,
            bounds[message],
            bounds[message + 1],
            classes,
            words,
            characters,
            hashes,
            sizes,
            lowered,
        )
        before = made
        for start in range(tokens):
            if start + sizes[start] <= tokens:
                value = _NOTHING
                for token in range(start, start + sizes[start]):
                    value = value * STEP + hashes[token]
                shingles[made] = mix(value)
                made += 1
        if made == before and tokens > 0:
            value = _NOTHING
            for token in range(tokens):
                value = value * STEP + hashes[token]
            shingles[made] = mix(value)
            made += 1
    firsts[len(bounds) - 1] = made


@compiled()
def tokenise(
    raw: np.ndarray,
    start: int,
    end: int,
    classes: np.ndarray,
    words: int,
    characters: int,
    hashes: np.ndarray,
    sizes: np.ndarray,
    lowered: np.ndarray,
) -> int:
    """Fills `hashes` and shingle `sizes` for each token of a message; returns their number."""
    tokens = 0
    value, lane, shift = _NOTHING, _NOTHING, _NOTHING
    in_word = False
    at = start
    while at < end:
        first = np.int64(raw[at])
        width = 1
        if first < 0x80:
            letter = lowered[first]
            if letter != _NOTHING:
                in_word = True
                while letter != _NOTHING:  # most bytes of most texts
                    if shift == _LANE_BITS:
                        value = mix((value * STEP) ^ lane)
                        lane, shift = _NOTHING, _NOTHING
                    lane |= letter << shift
                    shift += _EIGHT
                    at += 1
                    if at == end:
                        break
                    letter = lowered[raw[at]]
                continue
            kind = classes[first] & 0x7F
            if first == _HYPHEN and at + 1 < end and _ZERO <= raw[at + 1] <= _NINE:
                kind = SYMBOL
            if kind == SEPARATOR and not in_word:
                at += 1
                continue
            point = first
        else:
            width = _width(first)
            point = first & (0xFF >> (width + 1))
            for offset in range(1, width):
                point = _longer(point, np.int64(raw[at + offset]))
            kind = classes[point] & 0x7F
            if kind == WORD:
                for offset in range(width):
                    if shift == _LANE_BITS:
                        value = mix((value * STEP) ^ lane)
                        lane, shift = _NOTHING, _NOTHING
                    lane |= np.uint64(raw[at + offset]) << shift
                    shift += _EIGHT
                in_word = True
                at += width
                continue
        if in_word:
            hashes[tokens] = mix((value * STEP) ^ lane)
            sizes[tokens] = words
            tokens += 1
            value, lane, shift = _NOTHING, _NOTHING, _NOTHING
            in_word = False
        if kind != SEPARATOR:
            for offset in range(width):
                lane |= np.uint64(raw[at + offset]) << (_EIGHT * np.uint64(offset))
            hashes[tokens] = mix(lane)
            lane = _NOTHING
            sizes[tokens] = characters if kind == CHARACTER else words
            tokens += 1
        at += width
    if in_word:
        hashes[tokens] = mix((value * STEP) ^ lane)
        sizes[tokens] = words
        tokens += 1
    return tokens
