"""The completions of a source, for people to judge: in any dialect, judged already or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from prefdata.config.model import ReadConfig
from prefdata.dialects import is_judged
from prefdata.dialects.convert import convert_row
from prefdata.dialects.dialect import Match
from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content, book_block, unit_of
from prefdata.io.bytes.source import RawRow, Segment
from prefdata.io.sources.read import read_rows
from prefdata.records.judgement import Completion, Judgement
from prefdata.steps.read.entries import fields_of
from prefdata.steps.read.meeting import judgements_by_row


@dataclass
class ReadCompletions:
    """What a source holds. `judged`: (line, judgement); those of preference pairs have no opinion,
    and the two completions of the pair, chosen first. `are_pairs`: each is a pair on its own.
    `rows`: of the source. `unread`: rows that could not be read, and why. `content`: what the
    source held."""

    are_pairs: bool
    judged: list[tuple[int, Judgement]] = field(default_factory=list)
    rows: int = 0
    unread: list[tuple[RawRow, RowFault]] = field(default_factory=list)
    content: Content = field(default_factory=Content)

    @property
    def left_out(self) -> Counter[str]:
        """Rows that could not be read, by rule code."""
        return Counter(fault.reason for _, fault in self.unread)


def read_completions(segment: Segment, match: Match, config: ReadConfig) -> ReadCompletions:
    """Reads a whole source.

    Raises SourceError if it is refused as a whole, RunError if not everything in it was read.
    """
    found = ReadCompletions(are_pairs=not is_judged(match))
    if not found.are_pairs:
        read = judgements_by_row(segment, match, config)
        found.judged, found.rows, found.unread, found.content = read
        return found
    for block in read_rows(segment, config):
        book_block(found.content, block, unit_of(segment.source))
        for raw in block.rows:
            found.rows += 1
            try:
                record = convert_row(fields_of(raw), match)
            except RowFault as fault:
                found.unread.append((raw, fault))
                continue
            sides = (Completion(record.chosen), Completion(record.rejected))
            judgement = Judgement(record.prompt, sides, (), (), metadata=record.metadata)
            found.judged.append((raw.source_row, judgement))
    return found
