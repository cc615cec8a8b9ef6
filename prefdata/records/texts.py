"""The texts of a batch as flat arrays: all bytes of a side, with offsets of messages and rows.

Whole-batch code (rule gates, scripts, lengths) works on these arrays without Python strings. They
are views of the Arrow buffers, without copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.record import ROLES
from prefdata.records.traits import traits_of

SPACE: Flags = np.zeros(256, np.bool_)
"""The ASCII characters for which `str.isspace` is true."""
SPACE[[*range(9, 14), *range(28, 33)]] = True

_BLOCK = 1 << 17  # bytes processed together: they fit into the second-level cache

_TRIMS = 8
"""The most white space stripped at either end of a text."""

_SECONDS_A_BYTE = 3e-9

OPENING = 8
"""Bytes at the beginning of a row's first message that are compared."""

_NO_ROLE = -1
_ROLE_OF_FIRST_BYTE = np.full(256, _NO_ROLE, np.int8)
_ROLE_OF_FIRST_BYTE[[ord(role[0]) for role in ROLES]] = range(len(ROLES))
_ROLE_LENGTHS = np.array([*map(len, ROLES), -1], np.int64)  # index -1: no role, no length


@dataclass(frozen=True)
class SideTexts:
    """The messages of one side (prompt, chosen or rejected) of every row of a batch.

    Row i has the messages `firsts[i]` to `firsts[i + 1]`; message j has the UTF-8 bytes `bounds[j]`
    to `bounds[j + 1]` of `raw`, none for a null content.
    """

    firsts: Ints
    bounds: Ints
    raw: Bytes
    contents: pa.StringArray
    roles: pa.StringArray
    extras: pa.StringArray

    @classmethod
    def of(cls, column: pa.ListArray) -> SideTexts:
        """Flattens a column of `RECORD_SCHEMA`, sliced or not."""
        firsts = column.offsets.to_numpy().astype(np.int64)
        first, count = int(firsts[0]), int(firsts[-1] - firsts[0])
        contents = _without_hidden_bytes(column.values.field("content").slice(first, count))
        raw, bounds = flat(contents)
        roles = column.values.field("role").slice(first, count)
        extras = column.values.field("extra").slice(first, count)
        return cls(firsts - first, bounds, raw, contents, roles, extras)

    @cached_property
    def role_codes(self) -> npt.NDArray[np.int8]:
        """The position of each message's role in `ROLES`."""
        return role_codes(self.roles)

    @cached_property
    def is_ascii(self) -> bool:
        """Whether no byte of the side is above 127."""
        return self.raw.size == 0 or int(self.raw.max()) < 128

    @cached_property
    def traits(self) -> Bytes:
        """What each message may hold: bits of `Trait`, those that apply and perhaps others."""
        if not pays(self.raw.size * _SECONDS_A_BYTE):
            return traits_of(self.raw, self.bounds)
        from prefdata.kernels.traits import AHEAD, survey

        found = np.zeros(len(self.bounds) - 1, np.uint8)
        # the last messages are looked at with spaces behind them, where bytes ahead must exist
        inner = int(np.searchsorted(self.bounds, self.raw.size - AHEAD, side="right")) - 1
        inner = max(inner, 0)
        survey(self.raw, self.bounds[: inner + 1], found)
        rest = self.raw[self.bounds[inner] :]
        ended = np.concatenate([rest, np.full(AHEAD, ord(" "), np.uint8)])
        survey(readonly(ended), self.bounds[inner:] - self.bounds[inner], found[inner:])
        return found

    def messages_with(self, traits: int) -> Ints:
        """The messages that may have one of some traits."""
        return np.flatnonzero(self.traits & traits)

    @cached_property
    def edges(self) -> tuple[Ints, Ints]:
        """Start and end of each message in `raw`, with up to 8 ASCII spaces stripped on both
        sides."""
        starts, ends = self.bounds[:-1].copy(), self.bounds[1:].copy()
        last = self.raw.size - 1
        for edge, step in ((starts, 1), (ends, -1)):
            for _ in range(_TRIMS if self.raw.size else 0):
                byte = np.minimum(starts, last) if step > 0 else ends - 1
                blank = SPACE[self.raw[byte]] & (starts < ends)
                if not blank.any():
                    break
                edge += step * blank
        return starts, ends

    @cached_property
    def openings(self) -> Bytes:
        """The first bytes of each row's first message after white space; zeros after its end."""
        messages = np.minimum(self.firsts[:-1], max(len(self.bounds) - 2, 0))
        if len(self.bounds) < 2:
            return np.zeros((len(messages), OPENING), np.uint8)
        starts, ends = (edge[messages] for edge in self.edges)
        lengths = np.where(self.counts > 0, ends - starts, 0)
        return window(self.raw, starts, lengths, OPENING)

    @cached_property
    def counts(self) -> Ints:
        """The number of messages in each row."""
        return np.diff(self.firsts)

    @cached_property
    def is_single(self) -> bool:
        """Whether every row has exactly one message, so that message i is that of row i."""
        return bool((self.counts == 1).all())

    def rows_of_messages(self, messages: Ints) -> Ints:
        """The row of each message."""
        if self.is_single:
            return messages
        return np.searchsorted(self.firsts, messages, side="right") - 1

    def rows_of_bytes(self, positions: Ints) -> Ints:
        """The row of each position in `raw`."""
        return self.rows_of_messages(np.searchsorted(self.bounds, positions, side="right") - 1)

    def row_sums(self, per_message: npt.NDArray[Any]) -> Ints:
        """The sum of a number per message over the messages of each row (n)."""
        if self.is_single:
            return per_message.astype(np.int64)
        running = np.zeros(len(per_message) + 1, np.int64)
        np.cumsum(per_message, out=running[1:])
        return running[self.firsts[1:]] - running[self.firsts[:-1]]


@dataclass(frozen=True)
class TextView:
    """The flat texts of three sides, margins and metadata of a batch, built once and shared."""

    prompt: SideTexts
    chosen: SideTexts
    rejected: SideTexts
    margin: pa.DoubleArray
    metadata: pa.StringArray
    rows: int

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> TextView:
        """Flattens a batch of `RECORD_SCHEMA`."""
        return cls(
            SideTexts.of(batch.column("prompt")),
            SideTexts.of(batch.column("chosen")),
            SideTexts.of(batch.column("rejected")),
            batch.column("margin"),
            batch.column("metadata"),
            batch.num_rows,
        )

    @property
    def size(self) -> int:
        """The bytes of all texts."""
        return sum(side.raw.size for side in self.sides)

    @property
    def completions(self) -> tuple[SideTexts, SideTexts]:
        return self.chosen, self.rejected

    def rows_with(self, traits: int) -> Ints:
        """The rows with a message that may have one of some traits, perhaps repeated."""
        return np.concatenate(
            [side.rows_of_messages(side.messages_with(traits)) for side in self.sides]
        )

    @property
    def sides(self) -> tuple[SideTexts, SideTexts, SideTexts]:
        return self.prompt, self.chosen, self.rejected


def code_points(raw: Bytes, positions: Ints) -> npt.NDArray[np.int32]:
    """Decodes the UTF-8 characters that start at some positions of valid UTF-8.

    >>> code_points(np.frombuffer("a→😀".encode(), np.uint8), np.array([0, 1, 4])).tolist()
    [97, 8594, 128512]
    """
    first = raw[positions].astype(np.int32)
    last = raw.size - 1
    second = raw[np.minimum(positions + 1, last)].astype(np.int32) & 0x3F
    third = raw[np.minimum(positions + 2, last)].astype(np.int32) & 0x3F
    points = ((first & 0x0F) << 12) | (second << 6) | third  # three bytes: the most frequent case
    short = np.flatnonzero(first < 0xE0)
    points[short] = ((first[short] & 0x1F) << 6) | second[short]
    one = np.flatnonzero(first < 0x80)
    points[one] = first[one]
    long = np.flatnonzero(first >= 0xF0)
    fourth = raw[np.minimum(positions[long] + 3, last)].astype(np.int32) & 0x3F
    points[long] = ((first[long] & 0x07) << 18) | (second[long] << 12) | (third[long] << 6) | fourth
    return points


def window(raw: Bytes, starts: Ints, lengths: Ints, width: int) -> Bytes:
    """`width` bytes from each start in `raw`, shape (n, width); zeros after each length."""
    if raw.size < width:
        raw = np.concatenate([raw, np.zeros(width - raw.size, np.uint8)])
    latest = raw.size - width
    shape, step = (latest + 1, width), raw.strides[0]
    every = np.lib.stride_tricks.as_strided(raw, shape, (step, step), writeable=False)
    taken: Bytes = every[np.minimum(starts, latest)]
    for index in np.flatnonzero(starts > latest):  # the few texts at the end of the buffer
        rest = raw[starts[index] :]
        taken[index, : rest.size] = rest
    short = np.flatnonzero(lengths < width)
    if short.size:
        taken[short] *= np.arange(width) < lengths[short, None]
    return taken


def texts_with(contents: pa.StringArray, byte: int) -> Ints:
    """The strings that contain an ASCII character, ascending."""
    raw, bounds = flat(contents)
    if not pays(raw.size * _SECONDS_A_BYTE):
        return np.unique(np.searchsorted(bounds, np.flatnonzero(raw == byte), side="right") - 1)
    from prefdata.kernels.characters import find_byte

    found = np.zeros(len(contents), np.bool_)
    find_byte(raw, bounds, np.uint8(byte), found)
    return np.flatnonzero(found)


def _without_hidden_bytes(contents: pa.StringArray) -> pa.StringArray:
    """The same strings, copied if a null has bytes, which Arrow allows but few writers do."""
    if contents.null_count:
        nulls = np.asarray(contents.is_null())
        if np.diff(flat(contents)[1])[nulls].any():
            return pa.array(contents.to_pylist(), pa.string())
    return contents


def role_codes(roles: pa.StringArray) -> npt.NDArray[np.int8]:
    """The position of each role in `ROLES`, by its first byte and its length; -1 for another."""
    raw, bounds = flat(roles)
    if not raw.size:
        return np.full(len(roles), _NO_ROLE, np.int8)
    firsts = np.minimum(bounds[:-1], raw.size - 1)
    codes: npt.NDArray[np.int8] = _ROLE_OF_FIRST_BYTE[raw[firsts]]
    codes[_ROLE_LENGTHS[codes] != np.diff(bounds)] = _NO_ROLE
    return codes


def readonly(raw: Bytes) -> Bytes:
    """The same array, not to be written to: kernels are compiled for one kind of array, not two."""
    raw = raw.view()
    raw.flags.writeable = False
    return raw


def flat(contents: pa.StringArray) -> tuple[Bytes, Ints]:
    """The bytes (read-only) of a string array, and the offsets (n + 1) of its values in them."""
    _, offsets, data = contents.buffers()
    if len(contents) == 0 or offsets is None:
        return readonly(np.zeros(0, np.uint8)), np.zeros(1, np.int64)
    bounds = np.frombuffer(offsets, np.int32)[contents.offset :][: len(contents) + 1]
    start, stop = int(bounds[0]), int(bounds[-1])
    raw = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[start:stop]
    return readonly(raw), bounds.astype(np.int64) - start
