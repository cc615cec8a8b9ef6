"""Shingles: the short runs of tokens whose sets are compared when texts are compared.

At a word or a symbol a shingle is `words` tokens long, at a character of a script without spaces
`characters` tokens. A message with fewer tokens is one shingle. Shingles never cross messages.
A shingle is known by 64 bits: tokens of up to 8 bytes never collide, longer ones and shingles
with a probability of about 2**-64 a pair, unless somebody makes them to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Bytes, Flags, Ints, SideTexts
from prefdata.transforms.compare.tokens import (
    CHARACTER,
    class_of,
    class_table,
    folded,
    lone_token,
    tokens_of,
)

Hashes = npt.NDArray[np.uint64]

_LANE = 8
STEP = 0x9E3779B97F4A7C15
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Shingles:
    """Message j has the shingles `hashes[firsts[j]:firsts[j + 1]]`, in text order, not unique."""

    hashes: Hashes
    firsts: Ints

    @property
    def counts(self) -> Ints:
        """Shingles in each message."""
        return np.diff(self.firsts)


def message_shingles(texts: SideTexts, words: int, characters: int) -> Shingles:
    """The shingles of every message of a side; as `shingles_of` gives them, text by text."""
    from prefdata.kernels.shingle import shingle_messages

    raw, bounds = _folded_where_needed(texts)
    made = np.empty(len(raw), np.uint64)  # pages that nothing is written to cost nothing
    firsts = np.empty(len(bounds), np.int64)
    shingle_messages(raw, bounds, class_table().codes, words, characters, made, firsts)
    return _with_lone_tokens(Shingles(made[: firsts[-1]].copy(), firsts), texts)


def _folded_where_needed(texts: SideTexts) -> tuple[Bytes, Ints]:
    """The bytes and borders of all messages; those for which ASCII is not enough are folded."""
    raw, bounds = np.array(texts.raw), texts.bounds  # one that a kernel may be given: not read-only
    if texts.is_ascii:
        return raw, bounds
    messages = np.flatnonzero(_careful(raw, bounds))
    if not messages.size:
        return raw, bounds
    lengths = np.diff(bounds)
    pieces, texts_made, done = [], [], 0
    whole = raw.data
    for message in messages.tolist():
        start, stop = int(bounds[message]), int(bounds[message + 1])
        text = np.frombuffer(folded(bytes(whole[start:stop]).decode()).encode(), np.uint8)
        pieces += [raw[done:start], text]
        texts_made.append(text)
        lengths[message], done = len(text), stop
    pieces.append(raw[done:])
    made = np.concatenate(texts_made)
    _careful(made, np.array([0, len(made)]))  # what folding has brought in gets its class
    return np.concatenate(pieces), np.concatenate([[0], np.cumsum(lengths)])


def _careful(raw: Bytes, bounds: Ints) -> Flags:
    """The messages that have to be folded as a whole; all their characters have a class then."""
    from prefdata.kernels.shingle import look_for_care

    careful = np.zeros(len(bounds) - 1, np.bool_)
    unknown = np.empty(1024, np.int64)
    while noted := look_for_care(raw, bounds, class_table().codes, careful, unknown):
        class_table().learn(unknown[:noted])
    return careful


def _with_lone_tokens(shingled: Shingles, texts: SideTexts) -> Shingles:
    """Messages without a token of their own count as one, if they hold anything but space."""
    silent = np.flatnonzero((shingled.counts == 0) & (np.diff(texts.bounds) > 0))
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


# --- one text at a time, in plain integers: what the kernels are held to ------------------------


def shingles_of(text: str, words: int, characters: int) -> list[int]:
    """The shingles of one message: slow and obviously right."""
    tokens = tokens_of(text)
    hashes = [_token_hash(token.encode()) for token in tokens]
    sizes = [characters if class_of(token[0]) == CHARACTER else words for token in tokens]
    whole = [
        _joined(hashes[i : i + size]) for i, size in enumerate(sizes) if i + size <= len(hashes)
    ]
    return whole or ([_joined(hashes)] if hashes else [])


def mix(value: int) -> int:
    """Spreads a number over all 64 bits, one to one (splitmix64's finaliser)."""
    value = ((value ^ (value >> 30)) * _M1) & _MASK
    value = ((value ^ (value >> 27)) * _M2) & _MASK
    return value ^ (value >> 31)


def mixed(values: Hashes) -> Hashes:
    """`mix` of every number of an array."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_M1)
    values ^= values >> np.uint64(27)
    values *= np.uint64(_M2)
    values ^= values >> np.uint64(31)
    return values


def _token_hash(token: bytes) -> int:
    value = 0
    for at in range(0, len(token), _LANE):
        lane = int.from_bytes(token[at : at + _LANE], "little")
        value = mix(((value * STEP) & _MASK) ^ lane)
    return value


def _joined(hashes: list[int]) -> int:
    value = 0
    for each in hashes:
        value = (value * STEP + each) & _MASK
    return mix(value)
