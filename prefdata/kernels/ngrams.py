"""Sums of hashed n-grams; the reference is `prefdata.encoders.ngrams.slow_vector`."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.hashing import STEP, mix

DIMENSION = 1024
GRAM = 4
"""Characters in an n-gram of a word, borders included."""
SEPARATOR, WORD, CHARACTER, FUNCTION_CHARACTER, PUNCTUATION, SYMBOL = range(6)
"""Classes of characters; CHARACTER: one of a script that is written without spaces."""

OF_WORD, OF_GRAM, OF_CHARACTER, OF_PAIR, OF_SIGN = range(1, 6)
"""Kinds of n-grams; a hash starts with its kind."""
WORD_WEIGHT, FUNCTION_WORD_WEIGHT, GRAM_WEIGHT = 1.0, 0.1, 0.5
CHARACTER_WEIGHT, PAIR_WEIGHT, DAMPING = 0.5, 1.0, 0.3
PUNCTUATION_WEIGHT, SYMBOL_WEIGHT = 0.1, 0.5
"""Chosen on answers to prompts and on paraphrases. DAMPING: for each function character."""

_TOP, _SIGN, _ONE = np.uint64(54), np.uint64(53), np.uint64(1)  # 10 bits name the place


@compiled(inline=True)
def _longer(value: np.uint64, point: np.uint32) -> np.uint64:
    """The hash of an n-gram extended by one character; the border of a word is 0."""
    return mix((value * STEP) ^ np.uint64(point))


@compiled(inline=True)
def _count(
    key: np.uint64,
    weight: float,
    keys: np.ndarray,
    counts: np.ndarray,
    weights: np.ndarray,
    slots: np.ndarray,
    used: int,
) -> int:
    """Counts an n-gram in an open-addressing table; returns the number of distinct ones."""
    mask = len(keys) - 1
    slot = np.int64(key & np.uint64(mask))
    while counts[slot] != 0 and keys[slot] != key:
        slot = (slot + 1) & mask
    if counts[slot] == 0:
        keys[slot] = key
        weights[slot] = weight
        slots[used] = slot
        used += 1
    counts[slot] += 1
    return used


@compiled(inline=True)
def _holds(ordered: np.ndarray, value: np.uint64) -> bool:
    """Whether a value is in an ascending array."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < len(ordered) and ordered[low] == value


@compiled()
def sum_ngrams(
    points: np.ndarray,
    bounds: np.ndarray,
    classes: np.ndarray,
    function_words: np.ndarray,
    vectors: np.ndarray,
) -> None:
    """Fills `vectors` (n, DIMENSION) with unit vectors of texts, NaN for one without n-grams.

    Text i has the folded code points `bounds[i]` to `bounds[i + 1]` of `points`; `classes`: code
    point to class; `function_words`: hashes of these words, ascending. Only additions, products,
    quotients and square roots, in a fixed order: the same bits on every machine.
    """
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    most = 2 * longest + 2  # no character ends more than two n-grams
    size = 1
    while size < 2 * most:
        size *= 2
    keys, counts = np.empty(size, np.uint64), np.zeros(size, np.int64)
    weights, slots = np.empty(size, np.float64), np.empty(most, np.int64)
    total = np.empty(DIMENSION, np.float64)
    for text in range(len(bounds) - 1):
        used = _count_ngrams(
            points, bounds[text], bounds[text + 1], classes, function_words,
            keys, counts, weights, slots,
        )  # fmt: skip
        total[:] = 0.0
        for place in range(used):
            slot = slots[place]
            _add(total, keys[slot], np.sqrt(np.float64(counts[slot])) * weights[slot])
            counts[slot] = 0
        if used > 0 and not total.any():  # a few n-grams that cancel out: the first speaks
            _add(total, keys[slots[0]], 1.0)
        _write_unit(total, vectors[text])


@compiled(inline=True)
def _add(total: np.ndarray, key: np.uint64, value: float) -> None:
    """Adds an n-gram at the position and with the sign that its hash gives."""
    total[np.int64(key >> _TOP)] += value if (key >> _SIGN) & _ONE else -value


@compiled(inline=True)
def _write_unit(total: np.ndarray, vector: np.ndarray) -> None:
    square = 0.0
    for place in range(DIMENSION):
        square += total[place] * total[place]
    length = np.sqrt(square)
    for place in range(DIMENSION):
        vector[place] = total[place] / length if length > 0.0 else np.nan


@compiled()
def _count_ngrams(
    points: np.ndarray,
    start: int,
    end: int,
    classes: np.ndarray,
    function_words: np.ndarray,
    keys: np.ndarray,
    counts: np.ndarray,
    weights: np.ndarray,
    slots: np.ndarray,
) -> int:
    """Counts the n-grams of a text in the table; returns the number of distinct ones."""
    used = 0
    at = start
    while at < end:
        kind = classes[points[at]]
        if kind == SEPARATOR:
            at += 1
            continue
        if kind == WORD:
            stop = at
            value = np.uint64(OF_WORD)
            while stop < end and classes[points[stop]] == WORD:
                value = _longer(value, points[stop])
                stop += 1
            if _holds(function_words, value):
                used = _count(value, FUNCTION_WORD_WEIGHT, keys, counts, weights, slots, used)
                at = stop
                continue
            used = _count(value, WORD_WEIGHT, keys, counts, weights, slots, used)
            for first in range(at - 1, stop + 2 - GRAM):  # a border before and one after
                value = np.uint64(OF_GRAM)
                for place in range(first, first + GRAM):
                    inside = at <= place < stop
                    value = _longer(value, points[place] if inside else np.uint32(0))
                used = _count(value, GRAM_WEIGHT, keys, counts, weights, slots, used)
            at = stop
            continue
        if kind in (CHARACTER, FUNCTION_CHARACTER):
            damped = DAMPING if kind == FUNCTION_CHARACTER else 1.0
            value = _longer(np.uint64(OF_CHARACTER), points[at])
            used = _count(value, CHARACTER_WEIGHT * damped, keys, counts, weights, slots, used)
            following = classes[points[at + 1]] if at + 1 < end else SEPARATOR
            if following in (CHARACTER, FUNCTION_CHARACTER):
                damped = damped * DAMPING if following == FUNCTION_CHARACTER else damped
                value = _longer(_longer(np.uint64(OF_PAIR), points[at]), points[at + 1])
                used = _count(value, PAIR_WEIGHT * damped, keys, counts, weights, slots, used)
        else:
            weight = PUNCTUATION_WEIGHT if kind == PUNCTUATION else SYMBOL_WEIGHT
            value = _longer(np.uint64(OF_SIGN), points[at])
            used = _count(value, weight, keys, counts, weights, slots, used)
        at += 1
    return used
