"""Rows that are parts of judgements: those on the same completions are put together.

All rows of the sources are held in memory, with their text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from prefdata.config.model import ReadConfig
from prefdata.dialects import dialect_named
from prefdata.dialects.convert import judge_row, row_values
from prefdata.dialects.dialect import Match
from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content, book_block, unit_of
from prefdata.io.bytes.source import RawRow, Segment
from prefdata.io.sources.read import read_rows
from prefdata.records.judgement import Judgement
from prefdata.records.picture_bytes import Keep, digest
from prefdata.records.record import Record
from prefdata.steps.read.entries import Entries, Piece, Spoken, fields_of
from prefdata.steps.read.judged_rows import record_of, said_of
from prefdata.transforms.judgements.disagreement import DISAGREEMENT
from prefdata.transforms.judgements.meet import Met, MetPair, meet
from prefdata.transforms.split.published import (
    NO_SPLIT,
    NamedSplit,
    field_value,
    split_named,
    splits_of_rows,
    with_field,
)


class Meeting(NamedTuple):
    """A whole source whose rows meet those of others: its position in the run, its dialect, and
    the published split that its name names, None if they are ignored."""

    source: int
    segment: Segment
    match: Match
    named: NamedSplit | None = None


Found = tuple[tuple[int, ...], Judgement]
"""The rows of a source that a judgement rests on, its own first; and the judgement."""


@dataclass
class _Held:
    """The rows of one source, and why some have no record."""

    source: int
    rows: list[RawRow]
    lines: int
    content: Content
    faults: dict[int, RowFault]


def met_pieces(
    sources: Sequence[Meeting], config: ReadConfig, keep: Keep = digest
) -> Iterator[tuple[int, Piece]]:
    """The pairs of several sources whose judgements meet, as one piece for each source.

    A pair belongs to the source of its first row. Rows of different published splits do not meet.
    Numbers of entries count on from piece to piece; `Spoken.source` is the position in the run.
    `keep` takes the bytes of media.
    """
    held: list[_Held] = []
    places: list[tuple[int, tuple[int, ...]]] = []
    judgements: list[Judgement] = []
    for number, (source, segment, match, _) in enumerate(sources):
        one, found = _read(source, segment, match, config, keep)
        held.append(one)
        for rows, judgement in found:
            places.append((number, rows))
            judgements.append(judgement)
    published = _Published.of(judgements, [sources[number].named for number, _ in places])
    made = _Made(judgements, places, held, published)
    sources_of = [number for number, _ in places]
    for met in meet(judgements, config.pairs, published.splits, sources_of):
        made.add(met, config)
    made.leave_out_silent()
    judges = len({each.judge for each in judgements if not each.final} - {None})
    first = 0
    for number in range(len(held)):
        piece = made.piece(number, first)
        first = piece.rows
        yield number, replace(piece, judges=0 if number else judges)


@dataclass(frozen=True)
class _Published:
    """The published split of each judgement, `NO_SPLIT` where they are not kept; `by_name`: the
    one that the name of its source names."""

    splits: Sequence[int]
    by_name: Sequence[int]

    @classmethod
    def of(cls, judgements: Sequence[Judgement], named: Sequence[NamedSplit | None]) -> _Published:
        known = [of_file for of_file in named if of_file is not None]
        if len(known) < len(judgements):
            nothing = [NO_SPLIT] * len(judgements)
            return cls(nothing, nothing)
        splits = splits_of_rows([judgement.metadata for judgement in judgements], known)
        return cls(splits, [of_file.split for of_file in known])

    def stated(self, met: Met) -> Judgement:
        """Judgements that were put together, with the split that they share in the field `split`
        where the names of their sources do not say it."""
        indices = [index for index, _ in met.members]
        split = self.splits[indices[0]]
        if all(self.by_name[index] == split for index in indices) or split == NO_SPLIT:
            return met.judgement
        value = field_value(met.judgement.metadata)
        if value is not None and split_named(value) == split:
            return met.judgement
        metadata = with_field(met.judgement.metadata, split)
        return msgspec.structs.replace(met.judgement, metadata=metadata)


def judgements_of(segment: Segment, match: Match, config: ReadConfig) -> list[Judgement]:
    """The judgements of a whole source, one for each judge and row; faulty rows are left out."""
    return [judgement for _, judgement in _read(0, segment, match, config)[1]]


def judgements_by_row(
    segment: Segment, match: Match, config: ReadConfig
) -> tuple[list[tuple[int, Judgement]], int, list[tuple[RawRow, RowFault]], Content]:
    """The judgements of a whole source with the line of the first row of each; how many rows there
    are; those without one, and why; and what the source held."""
    held, found = _read(0, segment, match, config)
    placed = [(held.rows[rows[0]].source_row, judgement) for rows, judgement in found]
    unread = [(held.rows[row], fault) for row, fault in sorted(held.faults.items())]
    return placed, len(held.rows), unread, held.content


def rows_with_judgements(
    segment: Segment, match: Match, config: ReadConfig
) -> tuple[list[RawRow], dict[int, RowFault], list[Found], Content]:
    """The rows of a whole source, why some are at fault, the judgements that rest on others, and
    what the source held."""
    held, found = _read(0, segment, match, config)
    return held.rows, held.faults, found, held.content


def _read(
    source: int, segment: Segment, match: Match, config: ReadConfig, keep: Keep = digest
) -> tuple[_Held, list[Found]]:
    held = _Held(source, [], 0, Content(), {})
    for block in read_rows(segment, config, keep):
        book_block(held.content, block, unit_of(segment.source))
        held.rows += block.rows
        held.lines = block.lines
    assemble = dialect_named(match.dialect).assemble
    found: list[Found] = []
    read = row_values if assemble else judge_row
    converted: list[Any] = []
    for row, raw in enumerate(held.rows):
        try:
            converted.append(read(fields_of(raw), match))
        except RowFault as fault:
            held.faults[row] = fault
            converted.append(None)
    if assemble is None:
        found = [((row,), each) for row, each in enumerate(converted) if each is not None]
    else:
        for rows, result in assemble(converted, segment.source.given or segment.source.name):
            if isinstance(result, RowFault):
                held.faults |= dict.fromkeys(rows, result)
            else:
                found.append((rows, result))
    return held, found


class _Made:
    """The pairs that were made, by the source and row where they are told of."""

    def __init__(
        self,
        judgements: Sequence[Judgement],
        places: Sequence[tuple[int, tuple[int, ...]]],
        held: Sequence[_Held],
        published: _Published,
    ) -> None:
        self._judgements, self._places, self._held = judgements, places, held
        self._published = published
        self._pairs: dict[tuple[int, int], list[_Pair]] = {}
        self._silent: dict[tuple[int, int], RowFault] = {}
        self._speaking: set[tuple[int, int]] = set()

    def add(self, met: Met, config: ReadConfig) -> None:
        """Adds what judgements that were put together came to."""
        where = dict(met.members)
        judgement = self._published.stated(met)
        for each in met.pairs:
            note: dict[str, Any] = {"margin_from": str(met.said)}
            if each.agreement is not None:
                note |= {"judges": each.judges, "agreement": round(each.agreement, 6)}
            record = record_of(judgement, each.pair, note)
            pair = _Pair(record, each.dispute, [])
            for index in each.speaking:
                pair.spoken += self._spoken(index, where[index], each)
            first = min(place for place, _, _ in pair.spoken)
            self._pairs.setdefault(first, []).append(pair)
            self._speaking.update(place for place, _, _ in pair.spoken)
        for index, why in met.silent.items():
            number, rows = self._places[index]
            for row in rows:
                self._silent[number, row] = RowFault(why.reason, why.evidence)

    def _spoken(
        self, index: int, where: Sequence[int], met: MetPair
    ) -> list[tuple[tuple[int, int], str | None, str]]:
        number, rows = self._places[index]
        judgement = self._judgements[index]
        here = [where.index(p) if p in where else None for p in (met.pair.better, met.pair.worse)]
        said = said_of(judgement, *here)
        return [((number, rows[0]), judgement.judge, said)] + [
            ((number, row), None, "{}") for row in rows[1:]
        ]

    def leave_out_silent(self) -> None:
        """Settles why each row that speaks in no pair has none."""
        for (number, row), fault in self._silent.items():
            if (number, row) not in self._speaking:
                self._held[number].faults.setdefault(row, fault)

    def piece(self, number: int, first: int) -> Piece:
        """The entries of one source, in the order of its rows."""
        held = self._held[number]
        entries = Entries(first)
        for row, raw in enumerate(held.rows):
            if row in held.faults and (number, row) not in self._speaking:
                entries.without_record(raw, held.faults[row])
            for pair in self._pairs.get((number, row), ()):
                if pair.dispute is not None:
                    entries.remark(DISAGREEMENT, pair.dispute)
                entry = entries.add_record(raw.source_row, pair.record)
                for (source, at), judge, said in pair.spoken:
                    line = self._held[source].rows[at].source_row
                    entries.speak(Spoken(entry, self._held[source].source, line, judge, said))
        return entries.piece(held.lines, held.content, len(held.rows))


@dataclass
class _Pair:
    """A pair, and what was said of it: (place of the row, judge, JSON)."""

    record: Record
    dispute: str | None
    spoken: list[tuple[tuple[int, int], str | None, str]]
