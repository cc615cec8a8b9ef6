"""Describes sources: container, dialect and label direction, counts, texts, a few rows."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.dialects import dialect_named
from prefdata.dialects.fields import claims
from prefdata.errors import DataError
from prefdata.io.bytes.source import Source
from prefdata.io.containers.delimited import columns_of
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.read import sample_rows
from prefdata.pipeline.run.opened import places_of
from prefdata.pipeline.run.output_run import reading_engine
from prefdata.pipeline.run.reading import (
    IdentifiedSource,
    match_of,
    readings,
)
from prefdata.records.record import Message
from prefdata.results.inspection import (
    FileInspection,
    Inspection,
    Problem,
    ShownMessage,
    ShownRow,
    Side,
    Unreadable,
)
from prefdata.results.validation import EXAMPLES, LengthSummary
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.read.ingest import Reading
from prefdata.steps.read.inspect_rows import InspectedRow, InspectedSegment, evenly, inspect_rows
from prefdata.steps.read.tally import Tally
from prefdata.transforms.texts.length import Lengths
from prefdata.transforms.texts.script import SCRIPTS


def inspect(
    sources: Sequence[str | Path],
    *,
    config: BuildConfig | None = None,
    rows: int = 5,
    every_row: bool = False,
    workers: int | None = None,
    report: Report = silent,
) -> Inspection:
    """Describes sources; reads each to its end, in bounded memory.

    Words and languages are those of a sample of `config.read.sample_rows` records, evenly spread
    over the file, or with `every_row` of all. A file that cannot be read (missing, no dialect or
    several) is one of the problems of the result; the others are inspected.

    Raises DialectError when the config names a dialect that is not known, and SourceError when a
    file changes while it is read.
    """
    config = config or BuildConfig()
    if config.read.dialect is not None:
        dialect_named(config.read.dialect)
    places = places_of(sources, config)
    with tempfile.TemporaryDirectory(prefix="prefdata-") as scratch:
        files, problems = _looked_at(places, config.read, Path(scratch))
        todo = [part for number, file in enumerate(files) for part in _parts(number, file, config)]
        found = [file.found for file in files]
        with reading_engine(found, workers) as engine:
            parts = inspect_rows(engine, todo, every_row=every_row)
            seen = list(with_progress(parts, "read all", len(todo), report))
    return _result(files, problems, seen, rows)


@dataclass(frozen=True)
class _File:
    """A file whose dialect is known, and the fields of its first rows."""

    found: IdentifiedSource
    fields: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    todo: tuple[Reading, ...]

    @property
    def source(self) -> Source:
        return self.found.source


def _looked_at(
    places: Sequence[str], config: ReadConfig, scratch: Path
) -> tuple[list[_File], list[Problem]]:
    files, problems = [], []
    for number, place in enumerate(places):
        name = place
        try:
            for source in find_sources([place], spool=scratch / f"{number:03d}", config=config):
                name = source.name
                try:
                    files.append(_file(source, config))
                except DataError as error:
                    problems.append(Problem(name=name, problem=str(error)))
        except DataError as error:
            problems.append(Problem(name=place, problem=str(error)))
    return files, problems


def _file(source: Source, config: ReadConfig) -> _File:
    sample = sample_rows(source, config)
    found = IdentifiedSource(source, match_of(source, sample, config))
    fields = dict.fromkeys(name for row in sample for name in row)
    renamed = columns_of(source, config).renamed if source.container == "csv" else ()
    return _File(found, tuple(fields), renamed, tuple(readings([found], config)))


def _parts(number: int, file: _File, config: BuildConfig) -> Iterator[tuple[Reading, int]]:
    """The segments of a file, each with its share of the sample."""
    share = -(-config.read.sample_rows // max(len(file.todo), 1))
    for reading in file.todo:
        yield replace(reading, source=number), share


def _result(
    files: Sequence[_File], problems: list[Problem], seen: Sequence[InspectedSegment], rows: int
) -> Inspection:
    inspected = []
    for number, file in enumerate(files):
        parts = [part for part in seen if part.source == number]
        broken = next((part.problem for part in parts if part.problem is not None), None)
        if broken is None:
            inspected.append(_inspection(file, parts, rows))
        else:
            problems.append(Problem(name=file.source.name, problem=broken))
    return Inspection(files=tuple(inspected), problems=tuple(problems))


def _inspection(file: _File, parts: Sequence[InspectedSegment], rows: int) -> FileInspection:
    source, found = file.source, file.found
    tally = Tally()
    for part in parts:
        tally.add(part.tally)
    roles, metadata = _fields(file)
    return FileInspection(
        name=source.name,
        container=source.container,
        compression=source.compression,
        encoding=source.encoding,
        bytes=source.size,
        dialect=found.dialect,
        summary=dialect_named(found.match.dialect).summary if found.match else "no rows",
        polarity=found.polarity,
        parts=roles,
        metadata=metadata,
        renamed=file.renamed,
        rows=sum(part.rows for part in parts),
        records=tally.records,
        with_margin=tally.with_margin,
        quarantined=dict(sorted(tally.findings.items(), key=lambda item: (-item[1], item[0]))),
        unreadable=tuple(_unreadable(parts)),
        characters=_summaries(tally.lengths),
        words=_summaries(_merged(part.words for part in parts)),
        scripts={name: n for name, n in zip(SCRIPTS, tally.scripts, strict=True) if n},
        languages=_most_first(part.languages for part in parts),
        sampled=sum(part.sampled for part in parts),
        shown=tuple(_shown(each) for each in evenly(list(_sample(parts)), rows)),
    )


def _fields(file: _File) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The fields that play a part, and those that are kept in metadata."""
    match = file.found.match
    if match is None:
        return {}, ()
    dialect = dialect_named(match.dialect)
    claimed = claims(dialect, file.fields, dict(match.mapping))
    held = {name for part in claimed.keys() & dialect.represented for name in claimed[part]}
    return claimed, tuple(name for name in file.fields if name not in held)


def _sample(parts: Iterable[InspectedSegment]) -> Iterator[InspectedRow]:
    lines = 0
    for part in parts:
        for each in part.sample:
            yield InspectedRow(each.source_row + lines, each.record)
        lines += part.lines


def _unreadable(parts: Iterable[InspectedSegment]) -> Iterator[Unreadable]:
    lines = 0
    told_of: Counter[str] = Counter()
    for part in parts:
        for reason, examples in part.tally.examples.items():
            for each in examples[: EXAMPLES - told_of[reason]]:
                told_of[reason] += 1
                yield Unreadable(row=each.source_row + lines, reason=reason, detail=each.evidence)
        lines += part.lines


def _merged(parts: Iterable[dict[str, Lengths]]) -> dict[str, Lengths]:
    total: dict[str, Lengths] = {}
    for part in parts:
        for side, lengths in part.items():
            total[side] = total[side].merge(lengths) if side in total else lengths
    return total


def _summaries(lengths: dict[str, Lengths]) -> dict[Side, LengthSummary]:
    return {side: _summary(each) for side, each in lengths.items() if each.rows}  # type: ignore[misc]


def _summary(lengths: Lengths) -> LengthSummary:
    return LengthSummary(
        mean=round(lengths.mean, 1),
        p50=lengths.quantile(0.5),
        p90=lengths.quantile(0.9),
        p99=lengths.quantile(0.99),
        max=lengths.longest,
    )


def _most_first(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in counts:
        total.update(part)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _shown(seen: InspectedRow) -> ShownRow:
    record = seen.record
    return ShownRow(
        row=seen.source_row,
        prompt=_messages(record.prompt),
        chosen=_messages(record.chosen),
        rejected=_messages(record.rejected),
        margin=record.margin,
        metadata=record.metadata,
    )


def _messages(messages: Iterable[Message]) -> tuple[ShownMessage, ...]:
    return tuple(ShownMessage(role=m.role, content=m.content, extra=m.extra) for m in messages)
