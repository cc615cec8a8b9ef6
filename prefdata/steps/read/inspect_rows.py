"""Looking at sources without judging them: what `inspect` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.config.model import CheckConfig
from prefdata.engines.engine import Engine
from prefdata.errors import DataError
from prefdata.records.columns import SIDES, records_of
from prefdata.records.record import Record, text_of
from prefdata.rules.registry import ALL_RULES
from prefdata.steps.read.check import Checks, examine
from prefdata.steps.read.ingest import Reading
from prefdata.steps.read.pieces import Piece, pieces
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.transforms.texts.language import language_of
from prefdata.transforms.texts.length import Lengths, words

_NO_RULES = Checks(
    CheckConfig(rules={rule.code: "off" for rule in ALL_RULES if rule.kind != "reading"})
)


class InspectedRow(msgspec.Struct, frozen=True):
    """One row to show."""

    source_row: int
    record: Record


class InspectedSegment(msgspec.Struct):
    """What was seen in one segment; places count from its start.

    The tally is of every row. `words` and `languages` are of `sampled` rows. `problem`: why
    reading broke off, where a source as a whole is refused.
    """

    source: int
    rows: int = 0
    lines: int = 0
    tally: Tally = msgspec.field(default_factory=Tally)
    sampled: int = 0
    words: dict[str, Lengths] = {}
    languages: dict[str, int] = {}
    sample: list[InspectedRow] = []
    problem: str | None = None


def inspect_rows(
    engine: Engine, readings: Sequence[tuple[Reading, int]], *, every_row: bool
) -> Iterator[InspectedSegment]:
    """Reads every segment to its end; each comes with the number of rows to sample of it.

    `every_row`: count words and tell languages of all rows, not of the sample.
    """
    return engine.map(partial(_look_segment, every_row=every_row), readings)


class Spread:
    """Rows evenly spread over a stream whose length is not known: at most twice `most` are held."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stride = 1
        self._passed = 0
        self._held: list[InspectedRow] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Passes the rows of a batch, and holds some."""
        while len(self._held) + len(self._next(len(batch))) > 2 * self._most:
            self._held = self._held[::2]
            self._stride *= 2
        chosen = batch.take(pa.array(self._next(len(batch)), pa.int64()))
        places = chosen.column("source_row").to_pylist()
        self._held += map(InspectedRow, places, records_of(chosen))
        self._passed += len(batch)

    def _next(self, rows: int) -> range:
        return range(-self._passed % self._stride, rows, self._stride)

    def rows(self) -> list[InspectedRow]:
        """At most `most` of the rows passed, in order."""
        return evenly(self._held, self._most)


def evenly(rows: Sequence[InspectedRow], most: int) -> list[InspectedRow]:
    """At most `most` rows, evenly spread over all.

    >>> evenly("abcdef", 3)
    ['a', 'c', 'e']
    """
    if len(rows) <= most:
        return list(rows)
    return [rows[number * len(rows) // most] for number in range(most)]


def _look_segment(item: tuple[Reading, int], every_row: bool) -> InspectedSegment:
    reading, most = item
    seen = InspectedSegment(reading.source)
    spread = Spread(most)
    try:
        for piece in pieces(reading.segment, reading.match, reading.config):
            _count(piece, seen)
            spread.add(piece.batch)
            if every_row:
                _read(records_of(piece.batch), seen)
    except DataError as error:
        seen.problem = str(error)
    seen.sample = spread.rows()
    if not every_row:
        _read([each.record for each in seen.sample], seen)
    return seen


def _count(piece: Piece, seen: InspectedSegment) -> None:
    seen.rows, seen.lines = piece.rows, piece.lines
    for fault in piece.quarantined:
        seen.tally.find(fault.reason, FindingExample(seen.source, fault.source_row, fault.detail))
    examine(piece.batch, {}, _NO_RULES, seen.source, seen.tally)


def _read(records: Sequence[Record], seen: InspectedSegment) -> None:
    """Adds the words and languages of some records."""
    seen.sampled += len(records)
    for side in SIDES:
        counts = [words(text_of(getattr(record, side))) for record in records]
        lengths = Lengths.of(np.asarray(counts, np.int64))
        seen.words[side] = seen.words[side].merge(lengths) if side in seen.words else lengths
    for language in map(language_of, _texts(records)):
        seen.languages[language] = seen.languages.get(language, 0) + 1


def _texts(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        yield "\n\n".join(text_of(side) for side in (record.prompt, record.chosen, record.rejected))
