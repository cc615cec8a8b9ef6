"""Locating the objects of a JSON text without parsing it.

A stretch of bytes is scanned as an array: unescaped quotes divide it into strings and the rest, and
a running count of the brackets outside strings gives the depth. There is no recursion and no loop
over characters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Ints

_QUOTE, _BACKSLASH, _OPENING, _CLOSING = b'"\\{}'
_TO_CURLY = 0x20
"""`[` and `]` with this bit set are `{` and `}`."""

Buffer = bytes | bytearray


@dataclass
class ScanState:
    """The state of a scan between two stretches."""

    in_string: bool = False
    escaped: bool = False
    depth: int = 0
    scratch: npt.NDArray[np.uint8] = field(default_factory=lambda: np.empty((3, 0), np.uint8))
    """A buffer for values per byte, reused because allocation would take longer than the scan."""

    def restart(self) -> None:
        """Resets the state: the next stretch begins at depth 0, outside strings."""
        self.in_string, self.escaped, self.depth = False, False, 0


class TopLevel(NamedTuple):
    """Offsets where bracketed values begin, and where they end (after the bracket).

    `surplus`: the offset of an unmatched closing bracket, after which scanning stopped, or None.
    """

    begins: list[int]
    ends: list[int]
    surplus: int | None


def top_level(buffer: Buffer, start: int, stop: int, state: ScanState) -> TopLevel:
    """The bracketed values at depth 0 in `buffer[start:stop]`; advances `state` to `stop`.

    >>> top_level(b'{"a": "}"}, [[1], {}]]', 0, 22, ScanState())
    TopLevel(begins=[0, 12], ends=[10, 21], surplus=21)
    """
    data = np.frombuffer(buffer, np.uint8, stop - start, start)
    if state.scratch.shape[1] < len(data):
        state.scratch = np.empty((3, len(data)), np.uint8)
    at, steps = _brackets(data, state)
    depths = np.cumsum(steps) + state.depth
    surplus = None
    below = np.flatnonzero(depths < 0)
    if len(below):
        surplus = start + int(at[below[0]])
        at, steps, depths = (array[: below[0]] for array in (at, steps, depths))
    elif len(depths):
        state.depth = int(depths[-1])
    begins = at[(depths == 1) & (steps == 1)] + start
    ends = at[(depths == 0) & (steps == -1)] + (start + 1)
    return TopLevel(begins.tolist(), ends.tolist(), surplus)


def _brackets(data: npt.NDArray[np.uint8], state: ScanState) -> tuple[Ints, Ints]:
    """The offsets of brackets outside strings, and +1 or -1 for each."""
    quotes = _quotes(data, state)
    folded, opens, closes = state.scratch[:, : len(data)]
    np.bitwise_or(data, _TO_CURLY, out=folded)
    is_bracket = _is(_OPENING, folded, opens)
    is_bracket |= _is(_CLOSING, folded, closes)
    at = np.flatnonzero(is_bracket)
    strings_before = np.searchsorted(quotes, at) + state.in_string
    at = at[strings_before % 2 == 0]
    state.in_string ^= len(quotes) % 2 == 1
    return at, np.where(folded[at] == _OPENING, 1, -1)


def _quotes(data: npt.NDArray[np.uint8], state: ScanState) -> Ints:
    """The offsets of unescaped quotes."""
    flags = state.scratch[0, : len(data)]
    quotes = np.flatnonzero(_is(_QUOTE, data, flags))
    slashes = np.flatnonzero(_is(_BACKSLASH, data, flags))
    if state.escaped:  # as if a backslash preceded this stretch
        slashes = np.concatenate([[-1], slashes])
    if not len(slashes):
        return quotes
    if bool(np.any(slashes[1:] - slashes[:-1] == 1)):  # runs of backslashes are rare
        escapers = slashes[_opens_escape(slashes)]
    else:
        escapers = slashes
    state.escaped = bool(escapers[-1] == len(data) - 1)
    place = np.minimum(np.searchsorted(escapers, quotes - 1), len(escapers) - 1)
    unescaped: Ints = quotes[escapers[place] != quotes - 1]
    return unescaped


def _is(
    byte: int, data: npt.NDArray[np.uint8], flags: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    return np.equal(data, byte, out=flags.view(np.bool_))


def _opens_escape(slashes: Ints) -> npt.NDArray[np.bool_]:
    """Which backslashes escape the next byte: the first, third, fifth... of a run."""
    order = np.arange(len(slashes))
    begins_run = np.diff(slashes, prepend=-3) != 1
    in_run = order - np.maximum.accumulate(np.where(begins_run, order, 0))
    opens: npt.NDArray[np.bool_] = in_run % 2 == 0
    return opens
