"""The entries of a run: records, and rows without one; what becomes of one block of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content
from prefdata.io.bytes.source import RawRow
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Record
from prefdata.rules.pairing import UNPAIRED


@dataclass(frozen=True)
class Quarantined:
    """A row without a record, since it could not be read or makes no pair; `raw`: its bytes."""

    row: int
    source_row: int
    reason: str
    evidence: str
    raw: bytes


@dataclass(frozen=True)
class Spoken:
    """A row of a source that speaks in a pair: what its judge said of the two completions.

    `row`: number of the pair. `source`: position among the sources of the run. `said`: JSON text.
    """

    row: int
    source: int
    source_row: int
    judge: str | None
    said: str


@dataclass(frozen=True)
class Piece:
    """The entries of one block. Their numbers count from the start of the segment.

    `rows` and `lines`: how many entries, and how many lines of the source, the segment has up to
    the end of the piece. `remarks`: findings that only the reader can make, as (index in the batch,
    code, evidence). `content`: what the block held of the source. `read`: rows of the source in
    this piece; other than the entries where rows are judgements. `spoken`: the rows behind pairs
    that were made from judgements. `judges`: how many are named in the judgements of all sources
    that are put together; told once, by the first piece of them.
    """

    batch: pa.RecordBatch
    quarantined: tuple[Quarantined, ...]
    remarks: tuple[tuple[int, str, str], ...]
    rows: int
    lines: int
    content: Content
    read: int
    spoken: tuple[Spoken, ...] = ()
    judges: int = 0


def quarantined_in(piece: Piece) -> int:
    """The rows of a piece that could not be read; others without a record make no pair."""
    return sum(q.reason not in UNPAIRED for q in piece.quarantined)


def fields_of(raw: RawRow) -> Mapping[str, object]:
    """The fields of a row. Raises RowFault if it could not be read."""
    if raw.fields is None:
        raise RowFault(*(raw.fault or ("invalid-json", "the row could not be read")))
    return raw.fields


class Entries:
    """Collects entries, numbered from `first`."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._columns = RecordColumns()
        self._quarantined: list[Quarantined] = []
        self._remarks: list[tuple[int, str, str]] = []
        self._spoken: list[Spoken] = []

    def number_on(self, number: int) -> None:
        """Gives the entry that is added next this number, after a gap that others fill."""
        self._next = number

    def add(self, raw: RawRow, record: Record) -> int:
        """Adds the record of a row; returns its number."""
        if raw.duplicates:
            self.remark("duplicate-key", ", ".join(raw.duplicates))
        return self.add_record(raw.source_row, record)

    def add_record(self, source_row: int, record: Record) -> int:
        """Adds a record that was made of a row, or of several with this one as the first."""
        self._columns.append(self._next, source_row, record)
        self._next += 1
        return self._next - 1

    def remark(self, code: str, evidence: str) -> None:
        """Adds a finding on the record that is added next."""
        self._remarks.append((len(self._columns), code, evidence))

    def without_record(self, raw: RawRow, fault: RowFault) -> None:
        """Adds a row that has no record."""
        self._quarantined.append(
            Quarantined(self._next, raw.source_row, fault.reason, fault.evidence, raw.raw)
        )
        self._next += 1

    def speak(self, spoken: Spoken) -> None:
        """Adds a row that speaks in a pair."""
        self._spoken.append(spoken)

    def piece(self, lines: int, content: Content, read: int) -> Piece:
        """All entries as a piece."""
        return Piece(
            self._columns.batch(),
            tuple(self._quarantined),
            tuple(self._remarks),
            self._next,
            lines,
            content,
            read,
            tuple(self._spoken),
        )
