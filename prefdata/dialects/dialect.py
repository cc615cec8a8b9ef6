"""What a dialect is: the fields it knows, the direction of its labels, its conversion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from prefdata.records.record import Record

Row = Mapping[str, object]
"""One row as read: field name to Python value (str, int, float, bool, None, list, dict)."""

Values = Mapping[str, object]
"""The parts that one row has: part name ("prompt", "chosen", ...) to decoded Python value.

A part that the row does not have is absent.
"""


@dataclass(frozen=True)
class DialectPart:
    """One thing that a dialect looks for in a row.

    `names` are the field names it goes by, in their plain form (`fields.plain`). A part with
    `beside` is looked for only where that field is there too. `held`: the record holds the value
    in full, so that metadata need not repeat it.
    """

    name: str
    names: tuple[str, ...]
    required: bool = True
    held: bool = True
    beside: str | None = None


def any_values(values: Values) -> bool:
    """Fits whatever can be converted."""
    return True


@dataclass(frozen=True)
class Dialect:
    """One way in which preference data is written down.

    `convert(values)` makes the record, without metadata; raises RowFault when it cannot.
    `fits(values)` tells rows of this dialect from rows of another that has the same field names;
    only rows that convert are shown to it. `without` are field names that belong to another
    dialect: a row where one of them holds a value is not of this one. At least `quorum` of the
    rows looked at must fit. `refusal`, when given, says why such files are recognised, not read.
    """

    name: str
    summary: str
    polarity: str
    parts: tuple[DialectPart, ...]
    convert: Callable[[Values], Record]
    fits: Callable[[Values], bool] = any_values
    without: tuple[str, ...] = ()
    quorum: float = 0.0
    refusal: str | None = None

    @property
    def represented(self) -> frozenset[str]:
        """Parts that the record holds in full; every other field is kept in metadata."""
        return frozenset(part.name for part in self.parts if part.held)


class Match(msgspec.Struct, frozen=True):
    """The dialect of a file, and what a person said about its fields.

    `mapping` are (part, field) pairs, sorted. `insisted`: a person named the dialect, so that
    fields which speak for another one count for nothing.
    """

    dialect: str
    mapping: tuple[tuple[str, str], ...] = ()
    insisted: bool = False
