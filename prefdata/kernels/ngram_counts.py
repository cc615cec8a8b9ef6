"""Counts of hashed n-grams: the same numbers as `prefdata.transforms.ngram_counts` computes."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.hashing import STEP, mix
from prefdata.kernels.shingle import WORD, tokenise

_NOTHING = np.uint64(0)


@compiled()
def count_ngrams(
    raw: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    words: int,
    characters: int,
    shift: np.uint64,
    keys: np.ndarray,
    counts: np.ndarray,
    firsts: np.ndarray,
) -> None:
    """Writes the keys of every text, ascending, how often each occurs, and where a text starts.

    `raw`: UTF-8, folded but for ASCII letters; text i has the bytes `bounds[i]` to `bounds[i + 1]`.
    A key is a hash without its lowest `shift` bits. A token begins n-grams of up to `words` tokens,
    one of a script without spaces of up to `characters`. `keys` and `counts` need room for as many
    n-grams as there may be, `firsts` for one text more than there are.
    """
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    lowered = np.zeros(256, np.uint64)
    for byte in range(128):
        if classes[byte] == WORD:
            lowered[byte] = byte | ((65 <= byte <= 90) << 5)
    hashes, sizes = np.empty(longest, np.uint64), np.empty(longest, np.int64)
    found = np.empty(longest * max(words, characters), np.uint32)
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
        ordered = np.sort(found[:count])
        for place in range(count):
            if place == 0 or ordered[place] != ordered[place - 1]:
                keys[made] = ordered[place]
                counts[made] = 0
                made += 1
            counts[made - 1] += 1
    firsts[len(bounds) - 1] = made
