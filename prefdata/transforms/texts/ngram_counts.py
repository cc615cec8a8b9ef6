"""Counts of hashed n-grams of tokens in texts.

A token is a word of a spaced script, a single character of a script without spaces, or any other
sign except white space: punctuation and line breaks show form (lists, headings, code). Texts are
folded first (`duplicates.tokens`). Words are also counted by their parts, character trigrams, which
carry information on rare words.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.records.arrays import Ints
from prefdata.transforms.duplicates.shingles import STEP, mix
from prefdata.transforms.duplicates.tokens import (
    CHARACTER,
    SEPARATOR,
    SYMBOL,
    UNKNOWN,
    WORD,
    class_of,
    fold,
)

WORDS = 2
"""Tokens in the longest n-gram that begins with a word or a sign."""
CHARACTERS = 3
"""Tokens in the longest n-gram that begins with a character of a script without spaces."""
PART = 3
"""Characters in a part of a word, its borders included."""
NGRAM_BITS, PART_BITS = 22, 18
NGRAM_KEYS = 1 << NGRAM_BITS
KEYS = NGRAM_KEYS + (1 << PART_BITS)
"""The number of hash values of n-grams, and of the parts of words that follow them."""

BLOCK_BYTES = 4 << 20
_MASK = (1 << 64) - 1

Keys = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class NgramCounts:
    """Text i has the n-grams `keys[bounds[i]:bounds[i + 1]]`, ascending, `counts` times each."""

    bounds: Ints
    keys: Keys
    counts: Keys

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @classmethod
    def joined(cls, parts: Sequence[NgramCounts]) -> NgramCounts:
        """The texts of several parts, concatenated."""
        nothing = np.zeros(0, np.uint32)
        sizes = [np.diff(part.bounds) for part in parts]
        return cls(
            np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes])),
            np.concatenate([nothing, *(part.keys for part in parts)]),
            np.concatenate([nothing, *(part.counts for part in parts)]),
        )

    @property
    def texts_of_keys(self) -> Ints:
        """The number of texts in which each key occurs (KEYS)."""
        return np.bincount(self.keys, minlength=KEYS)


def count_ngrams(texts: pa.StringArray) -> NgramCounts:
    """The n-grams of every text, equal to `ngrams_of` for each; a null has none."""
    return NgramCounts.joined([_counted(block) for block in _blocks(pc.fill_null(texts, ""))])


def _blocks(texts: pa.StringArray) -> list[pa.StringArray]:
    """The texts in order, in parts of some megabytes, since counting needs many times as much."""
    ends = np.cumsum(pc.binary_length(texts).to_numpy())
    blocks, start = [], 0
    while start < len(texts):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + BLOCK_BYTES, side="right"))
        stop = max(stop, start + 1)
        blocks.append(texts.slice(start, stop - start))
        start = stop
    return blocks


def _counted(texts: pa.StringArray) -> NgramCounts:
    from prefdata.kernels import ngram_counts as kernel

    raw, bounds = _folded(texts)
    room = len(raw) * (max(WORDS, CHARACTERS) + 1)  # pages are allocated when written to
    keys, counts = np.empty(room, np.uint32), np.empty(room, np.uint32)
    firsts = np.empty(len(bounds), np.int64)
    shifts = np.uint64(64 - NGRAM_BITS), np.uint64(64 - PART_BITS)
    classes = _classes_for(raw, bounds)
    kernel.count_ngrams(raw, bounds, classes, WORDS, CHARACTERS, *shifts, keys, counts, firsts)
    return NgramCounts(firsts, keys[: firsts[-1]].copy(), counts[: firsts[-1]].copy())


def _folded(texts: pa.StringArray) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The bytes and offsets of all texts; texts that are not ASCII are folded."""
    is_ascii = pc.string_is_ascii(texts).to_numpy(zero_copy_only=False)
    raw = [
        text.encode() if plain else fold(text).encode()
        for text, plain in zip(texts.to_pylist(), is_ascii.tolist(), strict=True)
    ]
    bounds = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([len(each) for each in raw], out=bounds[1:])
    return np.frombuffer(bytearray(b"".join(raw)), np.uint8), bounds


@cache
def _classes() -> npt.NDArray[np.uint8]:
    """Code point to class, `UNKNOWN` until it first occurs."""
    classes = np.full(0x110000, UNKNOWN, np.uint8)
    classes[:0x80] = [_class(chr(point)) for point in range(0x80)]
    return classes


def _classes_for(raw: npt.NDArray[np.uint8], bounds: Ints) -> npt.NDArray[np.uint8]:
    """The class table, with the classes of all characters of some texts filled in."""
    from prefdata.kernels.shingle import look_for_care

    classes = _classes()
    careful, unknown = np.zeros(len(bounds) - 1, np.bool_), np.empty(1024, np.int64)
    while noted := look_for_care(raw, bounds, classes, careful, unknown):
        for point in np.unique(unknown[:noted]).tolist():
            classes[point] = _class(chr(point))
    return classes


def _class(character: str) -> int:
    if character == "\n":
        return SYMBOL
    kind = class_of(character)
    if kind == SEPARATOR and unicodedata.category(character)[0] == "P":
        return SYMBOL
    return kind


# --- reference implementation, one text at a time: the kernel is tested against it ---------------


def ngrams_of(text: str) -> dict[int, int]:
    """Key to count of the n-grams of one text (reference, slow)."""
    tokens = _tokens(fold(text))
    counts: Counter[int] = Counter()
    for start, token in enumerate(tokens):
        longest = CHARACTERS if _class(token[0]) == CHARACTER else WORDS
        for stop in range(start + 1, min(start + longest, len(tokens)) + 1):
            counts[_key(tokens[start:stop])] += 1
        if _class(token[0]) == WORD:
            bordered = f"\0{token}\0"
            counts.update(_part_key(bordered[at : at + PART]) for at in range(len(token)))
    return dict(sorted(counts.items()))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    is_in_word = False
    for character in text:
        kind = _class(character)
        if kind == WORD and is_in_word:
            tokens[-1] += character
        elif kind != SEPARATOR:
            tokens.append(character)
        is_in_word = kind == WORD
    return tokens


def _key(tokens: list[str]) -> int:
    value = 0
    for token in tokens:
        value = (value * STEP + _token_hash(token.encode())) & _MASK
    return mix(value) >> (64 - NGRAM_BITS)


def _part_key(part: str) -> int:
    before, last, here = map(ord, part)
    value = (mix(mix(before) ^ last) * STEP & _MASK) ^ here
    return NGRAM_KEYS + (mix(value) >> (64 - PART_BITS))


def _token_hash(token: bytes) -> int:
    value = 0
    for at in range(0, len(token), 8):
        value = mix(((value * STEP) & _MASK) ^ int.from_bytes(token[at : at + 8], "little"))
    return value
