"""What gates have in common: literal search, and the first and last bytes of messages.

A gate may let through too much, never too little. The proofs stand beside the code; the tests
compare every gate with its rule on random texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.record import ROLES, USER
from prefdata.records.texts import OPENING, SPACE, SideTexts, TextView, window

NEAR, FAR = OPENING, 512
"""Bytes of a text that are compared: first these of every row, then those of the few left."""


def _table(codes: Sequence[int]) -> Flags:
    flags = np.zeros(256, np.bool_)
    flags[list(codes)] = True
    return flags


_PLAIN = _table([*range(33, 127)])
_FIRM_LEAD = _table([*range(33, 127), *range(0xE4, 0xEA)])
_LOWER = np.arange(256, dtype=np.uint8)
_LOWER[65:91] += 32


def join(parts: Sequence[Ints]) -> Ints:
    """Rows of several gates in one array."""
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def rows_with_any(view: TextView, literals: Sequence[str]) -> Ints:
    """Rows in which one of some literals occurs in a content.

    Fast only while the literals begin with at most three different bytes, all rare in text: that
    is what lets the search skip.
    """
    return _rows_where(view, view.contents.str.contains_any(list(literals)))


def rows_matching(view: TextView, pattern: str) -> Ints:
    """Rows in which a regular expression matches a content: for literals that begin anyhow.

    The regex engine searches up to some dozen literals with SIMD, line feeds or not.
    """
    return _rows_where(view, view.contents.str.contains(pattern))


def _rows_where(view: TextView, mask: pl.Series) -> Ints:
    if not mask.any():
        return np.zeros(0, np.int64)
    return view.rows_of_contents(mask.fill_null(value=False).arg_true().to_numpy().astype(np.int64))


def heads(side: SideTexts, messages: Ints, width: int) -> Bytes:
    """The first bytes of messages after white space, a row each, zeros past the end."""
    starts, ends = (edge[messages] for edge in side.edges)
    return window(side.raw, starts, ends - starts, width)


def tails(side: SideTexts, messages: Ints, width: int) -> Bytes:
    """The last bytes of messages before white space, last byte first, zeros past the start."""
    starts, ends = (edge[messages] for edge in side.edges)
    return window(side.raw[::-1], side.raw.size - ends, ends - starts, width)


def differ(left: Bytes, right: Bytes, *, fold: bool, backwards: bool = False) -> Flags:
    """Which pairs of windows differ in a way that no normalisation undoes.

    At the first byte that differs both sides must be *firm*: printable ASCII, or part of a Han
    ideograph of U+4000 to U+9FFF. Those are no white space and keep their base letter under NFC
    and case folding, and what stands before them is equal to the byte. One space between
    printable characters is firm against anything but another space, and so is a zero, past the
    end of a text. `backwards`: the windows are `tails`, where before means behind.
    """
    unequal = _LOWER[left] != _LOWER[right] if fold else left != right
    at = unequal.argmax(axis=1)
    each = np.arange(len(left))
    firm = unequal[each, at]
    firm &= _firm(left, at, backwards) & _firm(right, at, backwards)
    both_spaces = SPACE[left[each, at]] & SPACE[right[each, at]]
    return np.asarray(firm & ~both_spaces)


def may_begin_alike(left: Bytes, right: Bytes) -> Ints:
    """The pairs of windows whose first characters do not already `differ`, folded: most do."""
    one, other = left[:, 0], right[:, 0]
    apart = (_LOWER[one] != _LOWER[other]) & _FIRM_LEAD[one] & _FIRM_LEAD[other]
    han = np.flatnonzero((one == other) & (one >= 0xE4) & (one <= 0xE9))
    apart[han] = (left[han, 1:3] != right[han, 1:3]).any(axis=1)
    return np.flatnonzero(~apart)


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
    found = np.zeros(len(window), np.bool_)
    decided = np.zeros(len(window), np.bool_)
    for step in range(3):
        place = at + step if backwards else at - step
        inside = (place >= 0) & (place < width)
        byte = window[each, np.clip(place, 0, width - 1)]
        leads = inside & ~decided & (byte >= 0xC0)
        found |= leads & (byte >= 0xE4) & (byte <= 0xE9)
        decided |= leads
    return found


def last_user_messages(view: TextView) -> tuple[Ints, Ints]:
    """Rows whose prompt holds a user message, and the last such message of each."""
    users = np.flatnonzero(view.prompt.role_codes == ROLES.index(USER))
    if view.prompt.is_single:
        return users, users
    before = np.searchsorted(users, view.prompt.firsts)
    rows = np.flatnonzero(before[1:] > before[:-1])
    return rows, users[before[rows + 1] - 1]
