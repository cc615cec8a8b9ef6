"""Resynchronisation: finding the next row in a JSON document after one that cannot be parsed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from prefdata.config.section import KIB
from prefdata.io.containers.json_rows import RowParser, error_position
from prefdata.io.containers.json_scan import ScanState, top_level

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_ANY_OBJECT = re.compile(rb'\{\s*+"(?:[^"\\]++|\\.)*+"\s*+:')
_NESTED = re.compile(rb"[ \t\r\n\[]*+")
_MOST_NAMES = 16
_MOST_SHAPES = 256
_MOST_TRIED = 64
_MOST_LOOKED_AT = 256 * KIB
_LONGEST_LITERAL = 10


class TextError(NamedTuple):
    """The first error of a JSON text.

    `suspect`: offset of the start of the string before the error; None if the text may be valid
    JSON that exceeds a limit (nested too deeply, a number of 5,000 digits). `is_end`: the only
    error is that the text ends too early.
    """

    message: str
    suspect: int | None
    is_end: bool


def text_error(raw: bytes) -> TextError | None:
    """The first error in a JSON text, or None; offsets in bytes."""
    text = raw.decode("latin-1")
    error = error_position(text)
    if error is None:
        return None
    message, at = error
    if at is None:
        return TextError(message, None, is_end=False)
    if message.startswith("Unterminated string"):
        return TextError(f"{message} byte {at + 1}", at, is_end=True)
    suspect = max((match.start() for match in _STRING.finditer(text, 0, at)), default=0)
    is_end = at > len(text.rstrip()) - _LONGEST_LITERAL
    return TextError(f"{message} at byte {at + 1}", suspect, is_end)


class RowStarts:
    """Patterns of the beginning of rows: an object whose first name is one of a few."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._shapes: set[frozenset[str]] = set()
        self._last: Set[str] = frozenset()
        self._pattern = _ANY_OBJECT

    @property
    def has_learned(self) -> bool:
        """Whether a row was read."""
        return bool(self._shapes)

    def learn(self, fields: Mapping[str, object]) -> None:
        """Records the first name, and the set of names, of a row that was read."""
        if fields.keys() == self._last or not fields:
            return
        self._last = frozenset(fields)
        if len(self._shapes) < _MOST_SHAPES:
            self._shapes.add(self._last)
        name = next(iter(fields))
        if name not in self._names and len(self._names) < _MOST_NAMES:
            self._names.add(name)
            self._pattern = _pattern(self._names)

    def begins_array(self, buffer: bytes | bytearray, bracket: int) -> bool:
        """Whether an opening bracket is followed by a row, so that it does not begin one."""
        nested = _NESTED.match(buffer, bracket + 1)
        return bool(self._pattern.match(buffer, nested.end() if nested else bracket + 1))

    def find(self, buffer: bytes | bytearray, start: int, stop: int) -> int | None:
        """The offset where the next row seems to begin, or None.

        Quotes inside strings are escaped, so text that contains JSON does not match.
        """
        match = self._pattern.search(buffer, start, stop)
        return match.start() if match else None

    def find_whole(self, buffer: bytes | bytearray, start: int, stop: int) -> int | None:
        """The offset of a complete row with exactly the names of an earlier row, or None.

        This is for brackets that are never closed: everything that follows could belong to one row,
        and only an object with all names of another row proves that it does not. As long as no row
        was read, one that begins with the same name as the row before `start` does.
        """
        own = None if self._shapes else _ANY_OBJECT.match(buffer, start - 1)
        for _ in range(_MOST_TRIED):
            begin = buffer.find(own.group(), start, stop) if own else self.find(buffer, start, stop)
            if begin is None or begin < 0:
                return None
            names = frozenset(_names_of(buffer, begin, stop))
            if names in self._shapes or (own and len(names) > 1):
                return begin
            start = begin + 1
        return None


def _names_of(buffer: bytes | bytearray, begin: int, stop: int) -> Iterable[str]:
    ends = top_level(buffer, begin, min(stop, begin + _MOST_LOOKED_AT), ScanState()).ends
    if not ends:
        return ()
    row = RowParser().row(1, bytes(memoryview(buffer)[begin : ends[0]]))
    return row.fields or ()


def _pattern(names: set[str]) -> re.Pattern[bytes]:
    if len(names) == _MOST_NAMES:
        return _ANY_OBJECT
    spellings = {spelled for name in names for spelled in (json.dumps(name), f'"{name}"')}
    options = b"|".join(
        re.escape(spelled.encode("utf-8", "replace")) for spelled in sorted(spellings)
    )
    return re.compile(rb"\{\s*+(?:" + options + rb")\s*+:")
