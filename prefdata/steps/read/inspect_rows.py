"""Summarising sources without applying rules, for the command `inspect`."""

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
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.records_or_quarantine import pieces
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.transforms.texts.language import language_of
from prefdata.transforms.texts.length import Lengths, words

_NO_RULES = Checks(
    CheckConfig(
        rules={rule.code: "off" for rule in ALL_RULES if rule.kind not in ("reading", "pairing")}
    )
)


class InspectedRow(msgspec.Struct, frozen=True):
    """One row to show."""

    source_row: int
    record: Record


class InspectedSegment(msgspec.Struct):
    """The result for one segment; row and line numbers count from its start.

    `tally` covers every row; `words` and `languages` the `sampled` rows. `problem`: the error that
    stopped reading, for a source that is refused as a whole.
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
    """Reads every segment to its end; `readings` pairs each with the number of rows to sample.

    `every_row`: count words and languages of all rows instead of the sample.
    """
    return engine.map(partial(_inspect_segment, every_row=every_row), readings)


class Spread:
    """An evenly spaced sample of a stream of unknown length; holds at most 2 * `most` rows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stride = 1
        self._passed = 0
        self._held: list[InspectedRow] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Reads the rows of a batch, and keeps those that belong to the sample."""
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
        """The sample: at most `most` rows, in order."""
        return evenly(self._held, self._most)


def evenly(rows: Sequence[InspectedRow], most: int) -> list[InspectedRow]:
    """At most `most` rows, evenly spread over all.

    >>> evenly("abcdef", 3)
    ['a', 'c', 'e']
    """
    if len(rows) <= most:
        return list(rows)
    return [rows[number * len(rows) // most] for number in range(most)]


def _inspect_segment(item: tuple[Reading, int], every_row: bool) -> InspectedSegment:
    reading, most = item
    segment = InspectedSegment(reading.source)
    spread = Spread(most)
    try:
        for piece in pieces(reading.segment, reading.match, reading.config):
            _count(piece, segment)
            spread.add(piece.batch)
            if every_row:
                _read(records_of(piece.batch), segment)
    except DataError as error:
        segment.problem = str(error)
    segment.sample = spread.rows()
    if not every_row:
        _read([each.record for each in segment.sample], segment)
    return segment


def _count(piece: Piece, segment: InspectedSegment) -> None:
    segment.rows += piece.read
    segment.lines = piece.lines
    for fault in piece.quarantined:
        segment.tally.find(
            fault.reason, FindingExample(segment.source, fault.source_row, str(fault.evidence))
        )
    sources = np.full(len(piece.batch), segment.source)
    examine(piece.batch, {}, _NO_RULES, sources, segment.tally)


def _read(records: Sequence[Record], segment: InspectedSegment) -> None:
    """Adds the words and languages of some records."""
    segment.sampled += len(records)
    for side in SIDES:
        counts = [words(text_of(getattr(record, side))) for record in records]
        lengths = Lengths.of(np.asarray(counts, np.int64))
        segment.words[side] = (
            segment.words[side].merge(lengths) if side in segment.words else lengths
        )
    for language in map(language_of, _texts(records)):
        segment.languages[language] = segment.languages.get(language, 0) + 1


def _texts(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        yield "\n\n".join(text_of(side) for side in (record.prompt, record.chosen, record.rejected))
