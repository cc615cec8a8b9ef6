"""What a dialect is: the field names it knows, the direction of its labels, its conversion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prefdata.records.record import Record

Row = Mapping[str, object]
"""One row as read: field name to Python value (str, int, float, bool, None, list, dict)."""

Binding = Mapping[str, str]
"""Which field plays which part: part name ("prompt", "chosen", ...) to field name in the file."""


@dataclass(frozen=True)
class Dialect:
    """One way in which preference data is written down.

    `bind(fields)` looks at field names alone and says which plays which part, or None.
    `fits(row, binding)` looks at the values of one row: does it look like this dialect?
    `convert(row, binding)` makes the record, without metadata; raises RowFault when it cannot.
    `represented` names the parts that the record holds in full; every other field, bound or not,
    is kept in metadata. `refusal`, when given, says why such files are recognised and not read.
    """

    name: str
    summary: str
    polarity: str
    bind: Callable[[tuple[str, ...]], Binding | None]
    fits: Callable[[Row, Binding], bool]
    convert: Callable[[Row, Binding], Record]
    represented: frozenset[str]
    refusal: str | None = None
