"""The definition of a dialect: its fields, the polarity of its labels, its conversion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from prefdata.config.model import Cut
from prefdata.records.judgement import Judgement
from prefdata.records.record import Record

Row = Mapping[str, object]
"""One row as read: field name to Python value (str, int, float, bool, None, list, dict)."""

Values = Mapping[str, object]
"""The parts that one row has: part name ("prompt", "chosen", ...) to decoded Python value.

A part that the row does not have is absent.
"""


class RemarkedRecord(Record, frozen=True, gc=False):
    """A record, and what a person should know of how it was read: the code of a rule, and its
    evidence."""

    rule: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class DialectPart:
    """One part of a row that a dialect reads.

    `names`: its possible field names, in plain form (`fields.plain`). `otherwise`: names that count
    only where there is no field of `names`; the first of them that exists is read. A part with
    `beside` is read only if that field exists as well. `held`: the record holds the value in full,
    so that metadata does not repeat it.
    """

    name: str
    names: tuple[str, ...]
    required: bool = True
    held: bool = True
    beside: str | None = None
    otherwise: tuple[str, ...] = ()


def any_values(values: Values) -> bool:
    """A `fits` function that accepts all values."""
    return True


@dataclass(frozen=True)
class Labels:
    """The labels that a dialect knows, if its polarity is in the value of a field.

    `parts`: the parts that hold the label. `allowed`: the known values in words. `read(values)`
    raises RowFault for any other. `is_silent(value)`: the value of a part states no label (null,
    NaN), which does not contradict the dialect.
    """

    parts: tuple[str, ...]
    allowed: str
    read: Callable[[Values], object]
    is_silent: Callable[[object], bool]


@dataclass(frozen=True, eq=False)
class Dialect:
    """One format of preference data.

    `convert(values)` returns the record, without metadata, or raises RowFault. `fits(values)`
    distinguishes this dialect from others with the same field names; it is called for rows that
    convert. `without`: field names of other dialects; a row with a value in one of them does not
    fit. `quorum`: the share (0 to 1) of sampled rows that must fit. `labels`: the values that it
    knows, if a value says which side is better. `refusal`: if given, why files of this dialect are
    recognised but not read. `by_values`: another dialect has the same fields, so that names alone
    never tell it.

    `judge(values)`: for a dialect whose rows are judgements, from which a policy makes pairs; then
    `convert` is not called. `meets`: its rows are parts of judgements that have to be put together,
    those on the same prompt. `judge_part`: the part that names the judge; a file with it holds
    votes, which meet as well.
    """

    name: str
    summary: str
    polarity: str
    parts: tuple[DialectPart, ...]
    convert: Callable[[Values], Record]
    fits: Callable[[Values], bool] = any_values
    without: tuple[str, ...] = ()
    quorum: float = 0.0
    labels: Labels | None = None
    refusal: str | None = None
    by_values: bool = False
    judge: Callable[[Values], Judgement] | None = None
    meets: bool = False
    judge_part: str | None = None

    @property
    def represented(self) -> frozenset[str]:
        """The parts that the record holds in full; all other fields are kept in metadata."""
        return frozenset(part.name for part in self.parts if part.held)


class Match(msgspec.Struct, frozen=True):
    """The dialect of a file, and the fields that the user named.

    `mapping`: (part, field) pairs, sorted. `paths`: those fields that may be paths (`paths`).
    `cut`: how conversations are cut that part before their end (`cut`). `insisted`: the user named
    the dialect, so fields of other dialects do not count against it. `label`: how the user reads
    its labels; see `prefdata.dialects.labels`.
    """

    dialect: str
    mapping: tuple[tuple[str, str], ...] = ()
    insisted: bool = False
    label: str | None = None
    paths: tuple[str, ...] = ()
    cut: Cut = "off"
