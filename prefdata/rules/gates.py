"""Building blocks of gates: literal search, and the first and last bytes of messages.

A gate may have false positives, but never false negatives. Proofs are next to the code; the tests
compare every gate with its rule on random texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.record import ROLES, USER
from prefdata.records.texts import OPENING, SPACE, SideTexts, TextView, window

NEAR, FAR = OPENING, 512
"""Bytes of a text that are compared: NEAR for every row, then FAR for the few that remain."""


def _table(codes: Sequence[int]) -> Flags:
    flags = np.zeros(256, np.bool_)
    flags[list(codes)] = True
    return flags


_PLAIN = _table([*range(33, 127)])
_FIRM_LEAD = _table([*range(33, 127), *range(0xE4, 0xEA)])
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32


def join(parts: Sequence[Ints]) -> Ints:
    """The rows of several gates, concatenated."""
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def rows_with_any(view: TextView, literals: Sequence[str], traits: int) -> Ints:
    """Rows in which some content contains one of several literals, each of which has one of some
    traits."""
    return join([_with_any(side, literals, traits) for side in view.sides])


def _with_any(side: SideTexts, literals: Sequence[str], traits: int) -> Ints:
    messages = side.messages_with(traits)
    if not messages.size:
        return messages
    contents = pl.from_arrow(side.contents.take(pa.array(messages)))
    assert isinstance(contents, pl.Series)
    found = contents.str.contains_any(list(literals)).fill_null(value=False)
    return side.rows_of_messages(messages[found.to_numpy()])


def heads(side: SideTexts, messages: Ints, width: int) -> Bytes:
    """The first bytes (n, width) of messages after white space; zeros after the end."""
    starts, ends = (edge[messages] for edge in side.edges)
    return window(side.raw, starts, ends - starts, width)


def tails(side: SideTexts, messages: Ints, width: int) -> Bytes:
    """The last bytes (n, width) of messages before trailing white space, last byte first; zeros
    before the start."""
    starts, ends = (edge[messages] for edge in side.edges)
    return window(side.raw[::-1], side.raw.size - ends, ends - starts, width)


def differ(left: Bytes, right: Bytes, *, fold: bool, backwards: bool = False) -> Flags:
    """Which pairs of windows (n) differ in a way that no normalisation removes.

    At the first byte that differs, both sides must be *firm*: printable ASCII, or part of a Han
    ideograph of U+4000 to U+9FFF. These are not white space and keep their base letter under NFC
    and case folding, and everything before them is equal. One space between printable characters is
    firm against anything but another space, and so is a zero, after the end of a text. `fold`:
    ignore case. `backwards`: the windows are `tails`, so that "before" means "after".
    """
    unequal = _LOWER[left] != _LOWER[right] if fold else left != right
    at = unequal.argmax(axis=1)
    each = np.arange(len(left))
    firm = unequal[each, at]
    firm &= _firm(left, at, backwards) & _firm(right, at, backwards)
    both_spaces = SPACE[left[each, at]] & SPACE[right[each, at]]
    return np.asarray(firm & ~both_spaces)


def may_begin_alike(left: Bytes, right: Bytes) -> Ints:
    """The pairs of windows whose first characters do not `differ`, case folded; most pairs do."""
    one, other = left[:, 0], right[:, 0]
    differ_surely = (_LOWER[one] != _LOWER[other]) & _FIRM_LEAD[one] & _FIRM_LEAD[other]
    han = np.flatnonzero((one == other) & (one >= 0xE4) & (one <= 0xE9))
    differ_surely[han] = (left[han, 1:3] != right[han, 1:3]).any(axis=1)
    return np.flatnonzero(~differ_surely)


def _firm(window: Bytes, at: npt.NDArray[np.intp], backwards: bool) -> Flags:
    each = np.arange(len(window))
    byte = window[each, at]
    firm: Flags = _PLAIN[byte] | (byte == 0)
    blank = np.flatnonzero(SPACE[byte] & (at > 0) & (at < window.shape[1] - 1))
    around = window[blank, at[blank] - 1], window[blank, at[blank] + 1]
    firm[blank] = _PLAIN[around[0]] & _PLAIN[around[1]]
    foreign = np.flatnonzero(byte >= 0x80)
    if foreign.size:
        firm[foreign] = _is_han(window[foreign], at[foreign], backwards)
    return firm


def _is_han(window: Bytes, at: npt.NDArray[np.intp], backwards: bool) -> Flags:
    """Whether the byte belongs to a three-byte character with a lead byte of E4 to E9."""
    each, width = np.arange(len(window)), window.shape[1]
    is_han = np.zeros(len(window), np.bool_)
    decided = np.zeros(len(window), np.bool_)
    for step in range(3):
        place = at + step if backwards else at - step
        inside = (place >= 0) & (place < width)
        byte = window[each, np.clip(place, 0, width - 1)]
        leads = inside & ~decided & (byte >= 0xC0)
        is_han |= leads & (byte >= 0xE4) & (byte <= 0xE9)
        decided |= leads
    return is_han


def last_user_messages(view: TextView) -> tuple[Ints, Ints]:
    """Rows whose prompt has a user message, and the last such message of each."""
    users = np.flatnonzero(view.prompt.role_codes == ROLES.index(USER))
    if view.prompt.is_single:
        return users, users
    before = np.searchsorted(users, view.prompt.firsts)
    rows = np.flatnonzero(before[1:] > before[:-1])
    return rows, users[before[rows + 1] - 1]
