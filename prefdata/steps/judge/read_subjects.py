"""Step: what is judged, from sources in any dialect; rows that cannot be read, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from prefdata.config.judge import JudgedKind
from prefdata.config.model import ReadConfig
from prefdata.dialects.dialect import Match
from prefdata.errors import RowFault
from prefdata.io.bytes.books import Content
from prefdata.io.bytes.source import RawRow, Segment, Source
from prefdata.steps.judge.suspects import Place, is_suspected
from prefdata.steps.progress import Report
from prefdata.steps.read.completions import read_completions
from prefdata.transforms.judging.subject import Subject, subjects_of

ONE, NOT_SUSPECTED = "one-completion", "not-suspected"
"""Why a prompt is not judged: nothing to compare; the audit does not suspect it."""


@dataclass
class SourceRead:
    """What was read of one source: rows, those that could not be read, and what it held."""

    rows: int = 0
    unread: list[tuple[RawRow, RowFault]] = field(default_factory=list)
    content: Content = field(default_factory=Content)


@dataclass
class ReadSubjects:
    """What is judged, by source; `dropped`: prompts that are not, and why."""

    subjects: list[Subject] = field(default_factory=list)
    dropped: list[tuple[Subject, str]] = field(default_factory=list)
    sources: list[SourceRead] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of all sources."""
        return sum(source.rows for source in self.sources)

    @property
    def quarantined(self) -> int:
        """Rows that could not be read."""
        return sum(len(source.unread) for source in self.sources)


def read_subjects(
    sources: Sequence[tuple[Source, Match | None]],
    config: ReadConfig,
    kind: JudgedKind,
    suspected: frozenset[Place] | None,
    report: Report,
) -> ReadSubjects:
    """Reads whole sources. `suspected`: the rows to judge; None: all.

    Raises SourceError for a source that is refused, RunError if not everything in it was read.
    """
    read = ReadSubjects()
    for number, (source, match) in enumerate(sources):
        report("read", number, len(sources))
        one = SourceRead()
        read.sources.append(one)
        if match is None:
            continue
        found = read_completions(Segment(source), match, config)
        one.rows, one.unread, one.content = found.rows, found.unread, found.content
        judged = found.judged
        if suspected is not None:
            kept = [
                each for each in judged if is_suspected(each[1], source.name, each[0], suspected)
            ]
            chosen = {row for row, _ in kept}
            left = [each for each in judged if each[0] not in chosen]
            read.dropped += [
                (subject, NOT_SUSPECTED)
                for subject in subjects_of(source.name, left, are_pairs=found.are_pairs)
            ]
            judged = kept
        for subject in subjects_of(source.name, judged, are_pairs=found.are_pairs):
            if len(subject.completions) < 2 and kind == "pairwise":
                read.dropped.append((subject, ONE))
            else:
                read.subjects.append(subject)
    report("read", len(sources), len(sources))
    return read
