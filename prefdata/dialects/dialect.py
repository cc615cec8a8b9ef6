"""The definition of a dialect: its fields, the polarity of its labels, its conversion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from prefdata.config.model import Cut
from prefdata.errors import RowFault
from prefdata.records.judgement import Judgement
from prefdata.records.record import Record

Row = Mapping[str, object]
"""One row as read: field name to Python value (str, int, float, bool, None, list, dict)."""

Values = Mapping[str, object]
"""The parts that one row has: part name ("prompt", "chosen", ...) to decoded Python value.

A part that the row does not have is absent.
"""


Assemble = Callable[
    [Sequence[Values | None], str], Iterable[tuple[tuple[int, ...], Judgement | RowFault]]
]
"""All rows of a source (None: one that could not be read), and where the source is, to judgements
with the rows that each rests on, its own first; and rows that are at fault."""


class RemarkedRecord(Record, frozen=True, gc=False):
    """A record, and what a person should know of how it was read: the code of a rule, and its
    evidence."""

    rule: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class DialectPart:
    """One part of a row that a dialect reads.

    `names`: its possible field names, in plain form (`fields.plain`). `fallbacks`: further ones; if
    no field has one of `names`, the first of these that a field has is the part's only name. A part
    with `beside` is read only if one of these fields exists as well. `held`: the record holds the
    value in full, so that metadata does not repeat it.
    """

    name: str
    names: tuple[str, ...]
    required: bool = True
    held: bool = True
    beside: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()

    @property
    def known_names(self) -> tuple[str, ...]:
        """Names and fallbacks."""
        return self.names + self.fallbacks


def any_values(values: Values) -> bool:
    """A `fits` function that accepts all values."""
    return True


def no_pair(values: Values) -> Record:
    """The `convert` function of dialects whose rows are judgements."""
    raise RowFault("wrong-type", "the row is a judgement, not a pair")


@dataclass(frozen=True)
class Labels:
    """The labels that a dialect knows, if its polarity is in the value of a field.

    `parts`: the parts that hold the label; `besides`: those that say what its words stand for, such
    as the names of models. `allowed`: the known values in words. `read(values)` gives the side that
    is better (first, second, tie), a `Preference`, or what each of several labels says, and raises
    RowFault for any other value. `is_silent(value)`: the value of a part states no label (null,
    NaN), which does not contradict the dialect.
    """

    parts: tuple[str, ...]
    allowed: str
    read: Callable[[Values], object]
    is_silent: Callable[[object], bool]
    besides: tuple[str, ...] = ()


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

    `bind(match)`: for a dialect that reads a file as its user states, the dialect that reads so,
    with the meaning of labels in `Match.label`. `only_named`: read if the user names it, and never
    found out. `own_names`: a known data set, told by its field names; one whose fields a user maps
    is another.

    `judge(values)`: for a dialect whose rows are judgements, from which a policy makes pairs; then
    `convert` is not called. `meets`: its rows are parts of judgements that have to be put together,
    those on the same prompt. `judge_part`: the part that names the judge, where only the rows of a
    file that has it are votes, which meet. `assemble(rows, place)`: for a
    dialect whose judgements rest on several rows each, such as trees of messages, or on where they
    are.
    """

    name: str
    summary: str
    polarity: str
    parts: tuple[DialectPart, ...]
    convert: Callable[[Values], Record] = no_pair
    fits: Callable[[Values], bool] = any_values
    without: tuple[str, ...] = ()
    quorum: float = 0.0
    labels: Labels | None = None
    refusal: str | None = None
    bind: Callable[[Match], Dialect] | None = None
    only_named: bool = False
    own_names: bool = False
    by_values: bool = False
    judge: Callable[[Values], Judgement] | None = None
    meets: bool = False
    judge_part: str | None = None
    assemble: Assemble | None = None

    @property
    def read(self) -> Callable[[Values], Record | Judgement]:
        """What converts a row: `judge` if its rows are judgements, else `convert`."""
        return self.convert if self.judge is None else self.judge

    @property
    def represented(self) -> frozenset[str]:
        """The parts that the record holds in full; all other fields are kept in metadata."""
        return frozenset(part.name for part in self.parts if part.held)


class Match(msgspec.Struct, frozen=True):
    """The dialect of a file, and the fields that the user named.

    `mapping`: (part, field) pairs, sorted. `insisted`: the user named the dialect, so fields of
    other dialects do not count against it. `label`: how the user reads its labels; see
    `prefdata.dialects.labels`. `paths`: those fields of the mapping that may be paths (`paths`).
    `cut`: how conversations are cut that part before their end (`cut`). `has_judge`: its rows name
    the judge, so they are votes that meet.
    """

    dialect: str
    mapping: tuple[tuple[str, str], ...] = ()
    insisted: bool = False
    label: str | None = None
    paths: tuple[str, ...] = ()
    cut: Cut = "off"
    has_judge: bool = False
