"""The texts of a row that are embedded and measured: prompt, last turn, chosen and rejected."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from prefdata.records.arrays import Ints
from prefdata.records.record import ROLES, SYSTEM, USER
from prefdata.records.texts import SideTexts

TEXT_COLUMNS = ("prompt", "turn", "chosen", "rejected")
"""`prompt`: its messages without system messages, joined with line breaks; `turn`: its last user
message; `chosen` and `rejected`: their messages, joined with line breaks."""

Keys = npt.NDArray[np.uint64]
"""Shape (n, 2): the upper and the lower half of 128 bits, ordered like the digest's bytes."""


def text_columns(batch: pa.RecordBatch) -> dict[str, pa.StringArray]:
    """The texts of every row of a batch of `RECORD_SCHEMA`, by name of `TEXT_COLUMNS`, each (n).

    A blank text is null. Messages without content (tool calls only) are ignored. System messages
    count only in a prompt without others. If a prompt has no user message, its last message is the
    turn.
    """
    prompt = _Messages.of(batch.column("prompt")).without_system()
    return {
        "prompt": prompt.joined(),
        "turn": prompt.last_turn(),
        "chosen": _Messages.of(batch.column("chosen")).joined(),
        "rejected": _Messages.of(batch.column("rejected")).joined(),
    }


def text_keys(texts: pa.StringArray) -> Keys:
    """The xxh3_128 (n, 2) of the UTF-8 bytes of every text; a null counts as an empty text."""
    if not len(texts):
        return np.zeros((0, 2), np.uint64)
    _, offsets, values = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1].tolist()
    raw = memoryview(values if values is not None else b"")
    digest = xxhash.xxh3_128_digest
    digests = b"".join([digest(raw[a:b]) for a, b in itertools.pairwise(bounds)])
    return np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)


def is_blank(texts: pa.StringArray) -> pa.BooleanArray:
    """Which texts (n) are empty or only white space (as defined by `str.isspace`)."""
    return pc.or_(pc.equal(pc.binary_length(texts), 0), pc.utf8_is_space(texts))


@dataclass(frozen=True)
class _Messages:
    """The messages with content of one side; row i has `firsts[i]` to `firsts[i + 1]`."""

    firsts: Ints
    contents: pa.StringArray
    roles: npt.NDArray[np.int8]

    @classmethod
    def of(cls, column: pa.ListArray) -> _Messages:
        side = SideTexts.of(column)
        whole = cls(side.firsts, side.contents, side.role_codes)
        if not side.contents.null_count:
            return whole
        return whole._only(side.contents.is_valid().to_numpy(zero_copy_only=False))

    def without_system(self) -> _Messages:
        """The messages without system messages, in rows that have others."""
        is_other = self.roles != ROLES.index(SYSTEM)
        if is_other.all():
            return self
        others = np.diff(_running(is_other)[self.firsts])
        return self._only(is_other | np.repeat(others == 0, np.diff(self.firsts)))

    def joined(self) -> pa.StringArray:
        """The messages of each row as one text."""
        if (np.diff(self.firsts) == 1).all():
            return _or_null(self.contents)
        lists = pa.ListArray.from_arrays(pa.array(self.firsts, pa.int32()), self.contents)
        return _or_null(pc.binary_join(lists, "\n"))

    def last_turn(self) -> pa.StringArray:
        """The last user message of each row, or its last message if it has none."""
        numbers = np.arange(len(self.contents))
        of_users = np.where(self.roles == ROLES.index(USER), numbers, -1)
        users = np.append(np.maximum.accumulate(of_users), -1)  # index -1: no message at all
        lasts = self.firsts[1:] - 1
        user = users[lasts]
        turns = np.where(user >= self.firsts[:-1], user, lasts)
        has_none = lasts < self.firsts[:-1]
        return _or_null(self.contents.take(pa.array(turns, mask=has_none)))

    def _only(self, is_kept: npt.NDArray[np.bool_]) -> _Messages:
        contents = self.contents.filter(pa.array(is_kept))
        return _Messages(_running(is_kept)[self.firsts], contents, self.roles[is_kept])


def _running(flags: npt.NDArray[np.bool_]) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(flags)])


def _or_null(texts: pa.StringArray) -> pa.StringArray:
    blank = is_blank(texts)
    return pc.if_else(blank, pa.scalar(None, pa.string()), texts) if blank.true_count else texts
