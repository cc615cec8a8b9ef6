"""Shingles: the short runs of tokens whose sets are compared when texts are compared.

At a word or a symbol a shingle is `words` tokens long, at a character of a script without spaces
`characters` tokens. A message with fewer tokens is one shingle. Shingles never cross messages.
A shingle is known by 64 bits: tokens of up to 8 bytes never collide, longer ones and shingles
with a probability of about 2**-64 a pair, unless somebody makes them to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from prefdata.records.texts import Bytes, Ints, SideTexts, code_points, lead_positions
from prefdata.transforms.tokens import (
    CARE,
    CHARACTER,
    SEPARATOR,
    SYMBOL,
    WORD,
    class_of,
    class_table,
    folded,
    lone_token,
    tokens_of,
)

Hashes = npt.NDArray[np.uint64]
Kinds = npt.NDArray[np.uint8]

_LANE = 8
_LANES_IN_PLACE = 8
"""Tokens of up to 64 bytes are hashed together; a longer one is first reduced to a word."""

_STEP = 0x9E3779B97F4A7C15
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_INSIDE = 4  # the further bytes of a symbol or a character


@dataclass(frozen=True)
class Shingles:
    """Message j has the shingles `hashes[firsts[j]:firsts[j + 1]]`, in text order, not unique."""

    hashes: Hashes
    firsts: Ints

    @property
    def counts(self) -> Ints:
        """Shingles in each message."""
        return np.diff(self.firsts)


def mixed(values: Hashes) -> Hashes:
    """Spreads 64-bit numbers over all of their range, one to one (splitmix64's finaliser)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_M1)
    values ^= values >> np.uint64(27)
    values *= np.uint64(_M2)
    values ^= values >> np.uint64(31)
    return values


def shingles_of(text: str, words: int, characters: int) -> list[int]:
    """The shingles of one message: slow and obviously right."""
    tokens = tokens_of(text)
    hashes = [_token_hash(token.encode()) for token in tokens]
    sizes = [characters if class_of(token[0]) == CHARACTER else words for token in tokens]
    whole = [
        _joined(hashes[i : i + size]) for i, size in enumerate(sizes) if i + size <= len(hashes)
    ]
    return whole or ([_joined(hashes)] if hashes else [])


def message_shingles(texts: SideTexts, words: int, characters: int) -> Shingles:
    """The shingles of every message of a side; as `shingles_of` gives them, text by text."""
    raw, bounds, kinds = _laid_out(texts)
    tokens = _tokens(raw, bounds, kinds)
    firsts = np.searchsorted(tokens.starts, bounds)
    hashes = _token_hashes(raw, tokens)
    shingled = _joined_all(hashes, tokens.kinds, firsts, (words, characters))
    return _with_lone_tokens(shingled, firsts, texts)


# --- one text at a time, in plain integers ----------------------------------------------------


def _mix(value: int) -> int:
    value = ((value ^ (value >> 30)) * _M1) & _MASK
    value = ((value ^ (value >> 27)) * _M2) & _MASK
    return value ^ (value >> 31)


def _token_hash(token: bytes) -> int:
    if len(token) > _LANE * _LANES_IN_PLACE:
        token = xxhash.xxh3_64_digest(token)
    value = 0
    for at in range(0, len(token), _LANE):
        lane = int.from_bytes(token[at : at + _LANE], "little")
        value = _mix(((value * _STEP) & _MASK) ^ lane)
    return value


def _joined(hashes: list[int]) -> int:
    value = 0
    for each in hashes:
        value = (value * _STEP + each) & _MASK
    return _mix(value)


# --- many texts at a time -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Tokens:
    """Where tokens start in the bytes, how many bytes they have, and of which class they are."""

    starts: Ints
    lengths: Ints
    kinds: Kinds


def _lowered(raw: Bytes) -> Bytes:
    """ASCII letters in lower case."""
    return raw + (((raw - np.uint8(65)) < 26) * np.uint8(32))


_CLASS_OF_BYTE = np.full(256, SEPARATOR, np.uint8)
for _byte in range(128):
    _CLASS_OF_BYTE[_byte] = class_of(chr(_byte))


def _laid_out(texts: SideTexts) -> tuple[Bytes, Ints, Kinds]:
    """The bytes and borders of all messages, folded, and the class that each byte belongs to.

    ASCII is folded in place; a message that holds a character which needs more is folded whole.
    """
    raw, bounds = texts.raw, texts.bounds
    if texts.is_ascii:
        raw = _lowered(raw)
        return raw, bounds, _CLASS_OF_BYTE.take(raw)
    leads, codes = _classified(raw)
    counts = np.diff(np.searchsorted(leads, bounds))
    of_message = np.repeat(np.arange(len(counts)), counts)
    careful = np.zeros(len(counts), np.bool_)
    careful[of_message[codes >= CARE]] = True
    if careful.any():
        kept = ~careful[of_message]
        leads, codes, of_message = leads[kept], codes[kept], of_message[kept]
        raw, moved, fresh = _refolded(raw, bounds, np.flatnonzero(careful))
        leads = leads + (moved - bounds)[of_message]
        more = [_classified(raw[start:stop]) for start, stop in fresh]
        starts = [start for start, _ in fresh]
        leads = np.concatenate([leads, *(at + s for (at, _), s in zip(more, starts, strict=True))])
        codes = np.concatenate([codes, *(each for _, each in more)])
        bounds = moved
    raw = _lowered(raw)
    return raw, bounds, _kinds(raw, leads, codes & ~np.uint8(CARE))


def _classified(raw: Bytes) -> tuple[Ints, Kinds]:
    """Where the characters beyond ASCII start, and their entries in the table of classes."""
    leads = lead_positions(raw)
    return leads, class_table().of(code_points(raw, leads))


def _refolded(
    raw: Bytes, bounds: Ints, messages: Ints
) -> tuple[Bytes, Ints, list[tuple[int, int]]]:
    """The bytes with some messages folded, the new borders, and where the folded ones stand."""
    lengths = np.diff(bounds)
    pieces, done = [], 0
    whole = raw.data
    for message in messages.tolist():
        start, stop = int(bounds[message]), int(bounds[message + 1])
        text = folded(bytes(whole[start:stop]).decode()).encode()
        pieces += [raw[done:start], np.frombuffer(text, np.uint8)]
        lengths[message], done = len(text), stop
    pieces.append(raw[done:])
    moved = np.concatenate([[0], np.cumsum(lengths)])
    places = list(zip(moved[messages].tolist(), moved[messages + 1].tolist(), strict=True))
    return np.concatenate(pieces), moved, places


def _kinds(raw: Bytes, leads: Ints, codes: Kinds) -> Kinds:
    """The class of the character that each byte belongs to; `_INSIDE` after a single's first."""
    kinds = _CLASS_OF_BYTE.take(raw)
    kinds[leads] = codes
    further = np.where(codes >= SYMBOL, np.uint8(_INSIDE), codes)
    widths = _widths(raw, leads)
    for offset in (1, 2, 3):
        reaching = widths > offset
        kinds[leads[reaching] + offset] = further[reaching]
    return kinds


def _tokens(raw: Bytes, bounds: Ints, kinds: Kinds) -> _Tokens:
    is_word = kinds == WORD
    begins = is_word.copy()
    begins[1:] &= ~is_word[:-1]
    ends = is_word.copy()
    ends[:-1] &= ~is_word[1:]
    inner = bounds[1:-1]
    inner = inner[(inner > 0) & (inner < raw.size)]  # a word ends where its message ends
    begins[inner] = is_word[inner]
    ends[inner - 1] = is_word[inner - 1]
    singles = (kinds == SYMBOL) | (kinds == CHARACTER)
    starts = np.flatnonzero(begins | singles)
    found = kinds[starts]
    lengths = _widths(raw, starts)
    of_words = found == WORD
    lengths[of_words] = np.flatnonzero(ends) + 1 - starts[of_words]
    return _Tokens(starts, lengths, found)


def _widths(raw: Bytes, positions: Ints) -> Ints:
    """The bytes of the characters that start at some positions."""
    first = raw[positions]
    return 1 + (first >= 0xC0).astype(np.int64) + (first >= 0xE0) + (first >= 0xF0)


def _token_hashes(raw: Bytes, tokens: _Tokens) -> Hashes:
    padded = np.concatenate([raw, np.zeros(_LANE, np.uint8)])
    lanes: Any = np.ndarray((raw.size + 1,), "<u8", padded.data, strides=(1,))
    starts, lengths = tokens.starts, tokens.lengths
    hashes = mixed(lanes[starts] & _low_bytes(lengths))
    longer = np.flatnonzero(lengths > _LANE)
    for lane in range(1, _LANES_IN_PLACE):
        if not longer.size:
            return hashes
        left = lengths[longer] - lane * _LANE
        value = lanes[starts[longer] + lane * _LANE] & _low_bytes(left)
        hashes[longer] = mixed((hashes[longer] * np.uint64(_STEP)) ^ value)
        longer = longer[left > _LANE]
    whole = raw.data
    for token in longer.tolist():  # base64 and the like
        start = int(starts[token])
        hashes[token] = _token_hash(bytes(whole[start : start + int(lengths[token])]))
    return hashes


_LOW_BYTES = np.array([(1 << 8 * n) - 1 for n in range(_LANE + 1)], np.uint64)


def _low_bytes(lengths: Ints) -> Hashes:
    return _LOW_BYTES[np.minimum(lengths, _LANE)]


def _joined_all(hashes: Hashes, kinds: Kinds, firsts: Ints, sizes: tuple[int, int]) -> Shingles:
    counts = np.diff(firsts)
    ends = np.repeat(firsts[1:], counts)
    numbers = np.arange(len(hashes))
    words, characters = sizes
    size = np.where(kinds == CHARACTER, characters, words)
    is_whole = numbers + size <= ends
    joined = np.zeros(len(hashes), np.uint64)
    for length in {words, characters}:
        chosen = is_whole & (size == length)
        at = slice(None) if chosen.all() else np.flatnonzero(chosen)
        joined[at] = _runs(hashes, numbers[at], length)
    running = np.concatenate([[0], np.cumsum(is_whole)])
    short = np.flatnonzero((np.diff(running[firsts]) == 0) & (counts > 0))
    for count in np.unique(counts[short]).tolist():
        at = firsts[:-1][short[counts[short] == count]]
        joined[at] = _runs(hashes, at, count)
    is_whole[firsts[:-1][short]] = True
    running = np.concatenate([[0], np.cumsum(is_whole)])
    return Shingles(joined[is_whole], running[firsts])


def _runs(hashes: Hashes, starts: Ints, length: int) -> Hashes:
    """The hash of the `length` tokens from each start."""
    value = hashes[starts]
    for offset in range(1, length):
        value = value * np.uint64(_STEP) + hashes[starts + offset]
    return mixed(value)


def _with_lone_tokens(shingled: Shingles, firsts: Ints, texts: SideTexts) -> Shingles:
    """Messages without a token of their own count as one, if they hold anything but space."""
    silent = np.flatnonzero((np.diff(firsts) == 0) & (np.diff(texts.bounds) > 0))
    lone = {}
    for message in silent.tolist():
        whole = lone_token(texts.contents[message].as_py())
        if whole:
            lone[message] = _joined([_token_hash(whole[0].encode())])
    if not lone:
        return shingled
    messages = np.fromiter(lone, np.int64)
    values = np.fromiter(lone.values(), np.uint64)
    hashes = np.insert(shingled.hashes, shingled.firsts[messages], values)
    added = np.zeros(len(shingled.firsts), np.int64)
    added[messages + 1] = 1
    return Shingles(hashes, shingled.firsts + np.cumsum(added))
