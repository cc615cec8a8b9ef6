"""What the fields of some rows hold, also inside of objects and short lists, and by which paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prefdata.dialects.dialect import Row
from prefdata.dialects.fields import is_blank
from prefdata.dialects.labels.words import word_preference
from prefdata.dialects.values import decode_json
from prefdata.errors import RowFault

_DEEPEST = 4
_MOST_LEAVES = 60
_MOST_MEMBERS = 30
_FEW = 12
_SHORT, _LONG = 3, 20
"""Mean lengths in characters: of what is no text, and of a text even if many rows share it."""

_UNWRITABLE = frozenset("=,|")
"""Characters of a field name that a --map cannot hold."""

_TOKEN = re.compile(r"[a-z]+|\d+|[\u4e00-\u9fff]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Leaf:
    """A value that rows have at one path."""

    path: str
    values: tuple[object, ...]
    """Those of the rows that have one."""
    share: float
    """The share of rows that do, 0 to 1."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of its name."""
        return tuple(_TOKEN.findall(_CAMEL.sub("_", self.path).casefold()))

    @property
    def is_text(self) -> bool:
        """Whether it holds texts or conversations of its own in most rows."""
        if not all(isinstance(v, str) or _is_conversation(v) for v in self.values):
            return False
        written = [str(value).strip() for value in self.values]
        length, distinct = sum(map(len, written)) / len(written), len(set(written))
        several = distinct * 4 > len(written) or (length >= _LONG and distinct > 1)
        return several and not self.is_words and length > _SHORT

    @property
    def is_words(self) -> bool:
        """Whether every value is a word for one of two completions, or for a tie."""
        return all(word_preference(value) is not None for value in self.values)

    @property
    def is_plain(self) -> bool:
        """Whether no value is a list or an object."""
        return not any(isinstance(value, (list, dict)) for value in self.values)

    @property
    def is_number(self) -> bool:
        """Whether every value is a number, also as text."""
        return all(_is_number(value) for value in self.values)

    @property
    def varies(self) -> bool:
        """Whether it says one of a few things, and not the same in every row."""
        return 1 < len({str(value) for value in self.values}) <= _FEW

    @property
    def is_truth(self) -> bool:
        """Whether every value is a boolean, or 0 or 1."""
        return {str(value).casefold() for value in self.values} <= {"true", "false", "0", "1"}

    def is_list_of(self, kinds: type | tuple[type, ...]) -> bool:
        """Whether every value is a list, not empty, of values of some types."""
        return all(
            isinstance(value, list) and value and all(isinstance(v, kinds) for v in value)
            for value in self.values
        )


def leaves_of(rows: Sequence[Row]) -> list[Leaf]:
    """What most of some rows have, the fields first."""
    found: dict[str, list[object]] = {}
    for row in rows:
        for path, value in _walk(row, "", 1):
            if path in found or len(found) < _MOST_LEAVES:
                found.setdefault(path, []).append(value)
    leaves = [Leaf(path, tuple(held), len(held) / len(rows)) for path, held in found.items()]
    return sorted(
        (leaf for leaf in leaves if leaf.share >= 0.5), key=lambda leaf: leaf.path.count(".")
    )


def _walk(held: Mapping[str, object], before: str, depth: int) -> Iterator[tuple[str, object]]:
    for name in list(held)[:_MOST_MEMBERS]:
        value, path = held[name], f"{before}{name}"
        if is_blank(value) or _UNWRITABLE & set(path):
            continue
        inner = _decoded(value)
        yield path, inner
        if depth < _DEEPEST and not _is_conversation(inner):
            if isinstance(inner, dict):
                yield from _walk({str(k): v for k, v in inner.items()}, f"{path}.", depth + 1)
            elif isinstance(inner, list) and len(inner) <= 2:
                members = {str(place): item for place, item in enumerate(inner)}
                yield from _walk(members, f"{path}.", depth + 1)


def _decoded(value: object) -> object:
    """A list or an object, also as JSON text; else the value."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return decode_json(value, "a field")
    except RowFault:
        return value


def _is_conversation(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and ("role" in turn or "from" in turn) for turn in value)
    )


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True
