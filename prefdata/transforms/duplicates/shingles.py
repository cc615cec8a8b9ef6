"""Shingles: short runs of tokens; texts are compared as sets of them.

A shingle that starts at a word or a symbol has `words` tokens, one that starts at a character of a
script without spaces `characters` tokens. A message with fewer tokens is one shingle. Shingles do
not cross messages. A shingle is a 64-bit hash: tokens of up to 8 bytes never collide; longer tokens
and shingles collide with a probability of about 2**-64 per pair, unless constructed to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.calls import shown_of
from prefdata.records.texts import SideTexts
from prefdata.transforms.duplicates.tokens import (
    CHARACTER,
    class_of,
    class_table,
    fold,
    lone_token,
    tokens_of,
)

Hashes = npt.NDArray[np.uint64]

_LANE = 8
STEP = 0x9E3779B97F4A7C15
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_PLAIN_SECONDS = 2e-6
"""About what `shingles_of` takes for a byte."""


@dataclass(frozen=True)
class Shingles:
    """Message j has the shingles `hashes[firsts[j]:firsts[j + 1]]`, in text order, not unique."""

    hashes: Hashes
    firsts: Ints

    @property
    def counts(self) -> Ints:
        """The number of shingles of each message."""
        return np.diff(self.firsts)


def message_shingles(texts: SideTexts, words: int, characters: int) -> Shingles:
    """The shingles of every message of a side; equal to `shingles_of` for each text."""
    if not pays(len(texts.raw) * _PLAIN_SECONDS):
        return _plain_shingles(texts, words, characters)
    from prefdata.kernels.shingle import shingle_messages

    raw, bounds = _folded_where_needed(texts)
    made = np.empty(len(raw), np.uint64)  # pages are allocated when written to
    firsts = np.empty(len(bounds), np.int64)
    shingle_messages(raw, bounds, class_table().codes, words, characters, made, firsts)
    return _with_lone_tokens(Shingles(made[: firsts[-1]].copy(), firsts), texts)


def _folded_where_needed(texts: SideTexts) -> tuple[Bytes, Ints]:
    """The bytes and offsets of all messages; messages with non-ASCII characters are folded."""
    raw, bounds = np.array(texts.raw), texts.bounds  # a writable copy, as kernels require
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
        text = np.frombuffer(fold(bytes(whole[start:stop]).decode()).encode(), np.uint8)
        pieces += [raw[done:start], text]
        texts_made.append(text)
        lengths[message], done = len(text), stop
    pieces.append(raw[done:])
    made = np.concatenate(texts_made)
    _careful(made, np.array([0, len(made)]))  # characters that folding produced get their class
    return np.concatenate(pieces), np.concatenate([[0], np.cumsum(lengths)])


def _careful(raw: Bytes, bounds: Ints) -> Flags:
    """Which messages must be folded as a whole; also fills in the classes of all characters."""
    from prefdata.kernels.shingle import look_for_care

    careful = np.zeros(len(bounds) - 1, np.bool_)
    unknown = np.empty(1024, np.int64)
    while noted := look_for_care(raw, bounds, class_table().codes, careful, unknown):
        class_table().learn(unknown[:noted])
    return careful


def _with_lone_tokens(shingled: Shingles, texts: SideTexts) -> Shingles:
    """Adds one shingle for each message without tokens that is not only white space."""
    silent = np.flatnonzero((shingled.counts == 0) & (np.diff(texts.bounds) > 0))
    lone = {}
    for message in silent.tolist():
        whole = lone_token(texts.contents[message].as_py())
        if whole:
            lone[message] = _joined([_token_hash(whole[0].encode())])
    return _with_added(shingled, lone)


def with_calls(shingled: Shingles, messages: pa.ListArray) -> Shingles:
    """Adds one shingle for each message with tool calls or other fields that a model is shown."""
    ends = messages.offsets.to_numpy()
    extras = messages.values.field("extra").slice(ends[0], ends[-1] - ends[0])
    if extras.null_count == len(extras):
        return shingled
    shown = {
        message: shown_of(extras[message].as_py())
        for message in np.flatnonzero(np.asarray(extras.is_valid())).tolist()
    }
    return _with_added(
        shingled, {at: _token_hash(text.encode()) for at, text in shown.items() if text}
    )


def of_context(hashes: Hashes, firsts: Ints, contexts: Hashes) -> Hashes:
    """The shingles of prompts (row i has `firsts[i]` to `firsts[i + 1]`), changed by the contexts
    (n, 0 for none): prompts of different contexts share none."""
    if not contexts.any():
        return hashes
    changed = np.where(contexts > 0, mix_array(contexts), np.uint64(0))
    made: Hashes = hashes ^ np.repeat(changed, np.diff(firsts))
    return made


def _with_added(shingled: Shingles, added: Mapping[int, int]) -> Shingles:
    """Adds one shingle to each of some messages, ascending."""
    if not added:
        return shingled
    messages = np.fromiter(added, np.int64)
    values = np.fromiter(added.values(), np.uint64)
    hashes = np.insert(shingled.hashes, shingled.firsts[messages], values)
    more = np.zeros(len(shingled.firsts), np.int64)
    more[messages + 1] = 1
    return Shingles(hashes, shingled.firsts + np.cumsum(more))


# --- reference implementation, one text at a time: the kernels are tested against it ------------


def shingles_of(text: str, words: int, characters: int) -> list[int]:
    """The shingles of one message (reference, slow)."""
    tokens = tokens_of(text)
    hashes = [_token_hash(token.encode()) for token in tokens]
    sizes = [characters if class_of(token[0]) == CHARACTER else words for token in tokens]
    whole = [
        _joined(hashes[i : i + size]) for i, size in enumerate(sizes) if i + size <= len(hashes)
    ]
    return whole or ([_joined(hashes)] if hashes else [])


def _plain_shingles(texts: SideTexts, words: int, characters: int) -> Shingles:
    of_messages = [
        shingles_of(text or "", words, characters) for text in texts.contents.to_pylist()
    ]
    hashes = np.fromiter(chain.from_iterable(of_messages), np.uint64)
    return Shingles(hashes, np.cumsum([0, *map(len, of_messages)], dtype=np.int64))


def mix(value: int) -> int:
    """A bijective mix of a 64-bit number (the finaliser of splitmix64)."""
    value = ((value ^ (value >> 30)) * _M1) & _MASK
    value = ((value ^ (value >> 27)) * _M2) & _MASK
    return value ^ (value >> 31)


def mix_array(values: Hashes) -> Hashes:
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
