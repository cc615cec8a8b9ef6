"""Counts hashed n-grams; the reference is `transforms.texts.ngram_counts`."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.hashing import STEP, mix
from prefdata.kernels.shingle import WORD, tokenise

_NOTHING, _BORDER = np.uint64(0), np.uint64(0)


@compiled(inline=True)
def _point(raw: np.ndarray, at: int) -> tuple[np.int64, int]:
    """The code point that starts at a byte, ASCII letters in lower case, and its width in bytes."""
    first = np.int64(raw[at])
    if first < 0x80:
        return np.int64(first | ((65 <= first <= 90) << 5)), 1
    width = 2 + int(first >= 0xE0) + int(first >= 0xF0)
    point = first & (0xFF >> (width + 1))
    for offset in range(1, width):
        point = (point << 6) | (np.int64(raw[at + offset]) & 0x3F)
    return point, width


@compiled()
def _word_parts(
    raw: np.ndarray,
    start: int,
    end: int,
    classes: np.ndarray,
    shift: np.uint64,
    first: np.uint32,
    found: np.ndarray,
    count: int,
) -> int:
    """Appends the keys of all character trigrams of words, borders included, after `count` keys."""
    before, last = _BORDER, _BORDER
    at = start
    while at <= end:
        point, width, is_word = np.int64(0), 1, False
        if at < end:
            point, width = _point(raw, at)
            is_word = classes[point] == WORD
        here = np.uint64(point) if is_word else _BORDER
        if last != _BORDER:
            value = (mix(mix(before) ^ last) * STEP) ^ here
            found[count] = first + np.uint32(mix(value) >> shift)
            count += 1
        before, last = last, here
        at += width
    return count


@compiled()
def count_ngrams(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    words: int,
    characters: int,
    shift: np.uint64,
    part_shift: np.uint64,
    keys: np.ndarray,
    counts: np.ndarray,
    firsts: np.ndarray,
) -> None:
    """Fills `keys` (ascending within each text), `counts` of each key, and `firsts` of each text.

    `raw`: UTF-8, folded except for ASCII letters; text i has the bytes `bounds[i]` to `bounds[i +
    1]`. A key is a hash without its lowest `shift` bits; keys of word parts, without `part_shift`
    bits, come after all others. A token begins n-grams of up to `words` tokens, or of up to
    `characters` tokens if its script has no spaces. `keys` and `counts` need room for as many
    n-grams as there may be, `firsts` for one more entry than there are texts.
    """
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    lowered = np.zeros(256, np.uint64)
    for byte in range(128):
        if classes[byte] == WORD:
            lowered[byte] = byte | ((65 <= byte <= 90) << 5)
    hashes, sizes = np.empty(longest, np.uint64), np.empty(longest, np.int64)
    found = np.empty(longest * (max(words, characters) + 1), np.uint32)
    made = 0
    for text in range(len(bounds) - 1):
        firsts[text] = made
        tokens = tokenise(
            raw, bounds[text], bounds[text + 1], classes, words, characters, hashes, sizes, lowered
        )
        count = 0
        for start in range(tokens):
            value = _NOTHING
            for token in range(start, min(start + sizes[start], tokens)):
                value = value * STEP + hashes[token]
                found[count] = np.uint32(mix(value) >> shift)
                count += 1
        first = np.uint32(np.uint64(1) << (np.uint64(64) - shift))
        count = _word_parts(
            raw, bounds[text], bounds[text + 1], classes, part_shift, first, found, count
        )
        ordered = np.sort(found[:count])
        for place in range(count):
            if place == 0 or ordered[place] != ordered[place - 1]:
                keys[made] = ordered[place]
                counts[made] = 0
                made += 1
            counts[made - 1] += 1
    firsts[len(bounds) - 1] = made
