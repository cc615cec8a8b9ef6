"""Describes sources: container, dialect and label direction, counts, texts, a few rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.credentials import text_without_credentials
from prefdata.dialects import dialect_of
from prefdata.dialects.fields import claims
from prefdata.errors import DataError
from prefdata.foreign_errors import in_our_words, printable
from prefdata.io.bytes.source import Source
from prefdata.io.containers.delimited import columns_of
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.in_memory import Place, Sources
from prefdata.io.sources.read import sample_rows
from prefdata.pipeline.run.engines import reading_engine
from prefdata.pipeline.run.opened import places_of
from prefdata.pipeline.run.reading import (
    IdentifiedSource,
    contradiction,
    match_of,
    readings,
    refuse_unknown_statements,
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
from prefdata.results.not_read import NotRead
from prefdata.results.validation import EXAMPLES, LengthSummary
from prefdata.rules.pairing import UNPAIRED
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.read.inspect_rows import InspectedRow, InspectedSegment, evenly, inspect_rows
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.tally import Tally
from prefdata.transforms.texts.length import Lengths
from prefdata.transforms.texts.script import SCRIPTS


@in_our_words
def inspect(
    sources: Sources,
    *,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    rows: int = 5,
    every_row: bool = False,
    workers: int | None = None,
    report: Report = silent,
) -> Inspection:
    """Describes sources; reads each to its end, in bounded memory.

    A file that cannot be read (missing, or of no or several dialects) becomes one of the problems
    in the result; the others are inspected.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `rows`: how many rows of each file are in the result, 0 or more.
    - `every_row`: take words and languages of all rows. By default they are those of a sample of
      `config.read.sample_rows` records, evenly spread over the file.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises ConfigError if the config names an unknown dialect or part, and SourceError if a file
    changes while it is read.
    """
    config = given_config(config)
    refuse_unknown_statements(config.read)
    places = places_of(sources, config)
    with scratch_folder() as scratch:
        read = config.read.model_copy(update={"full_names": True})  # nothing of it is published
        files, problems, not_read = _opened(places, read, scratch)
        todo = [part for number, file in enumerate(files) for part in _parts(number, file, config)]
        identified = [file.identified for file in files]
        with reading_engine(identified, workers) as engine:
            parts = inspect_rows(engine, todo, every_row=every_row)
            inspected = list(with_progress(parts, "read all", len(todo), report))
        # here, where the files of rows in memory still are: contradicted ones are read again
        result = _result(files, problems, inspected, rows, config.read)
    return result.model_copy(update={"not_read": tuple(not_read)})


@dataclass(frozen=True)
class _File:
    """A file of a known dialect, and the fields of its first rows."""

    identified: IdentifiedSource
    fields: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    todo: tuple[Reading, ...]

    @property
    def source(self) -> Source:
        return self.identified.source


def _opened(
    places: Sequence[Place], config: ReadConfig, scratch: Path
) -> tuple[list[_File], list[Problem], list[NotRead]]:
    files: list[_File] = []
    problems: list[Problem] = []
    not_read: list[NotRead] = []
    for number, place in enumerate(places):
        name = str(place)
        try:
            found = find_sources([place], spool=scratch / f"{number:03d}", config=config)
            not_read += found.not_read
            for source in found.sources:
                name = source.name
                try:
                    files.append(_file(source, config))
                except DataError as error:
                    problems.append(Problem(name=name, problem=str(error)))
        except DataError as error:
            problems.append(
                Problem(name=printable(text_without_credentials(str(place))), problem=str(error))
            )
    return files, problems, not_read


def _file(source: Source, config: ReadConfig) -> _File:
    sample = sample_rows(source, config)
    identified = IdentifiedSource(source, match_of(source, sample, config))
    fields = dict.fromkeys(name for row in sample for name in row)
    renamed = columns_of(source, config).renamed if source.container == "csv" else ()
    return _File(identified, tuple(fields), renamed, tuple(readings([identified], config)))


def _parts(number: int, file: _File, config: BuildConfig) -> Iterator[tuple[Reading, int]]:
    """The segments of a file, each with its share of the sampled rows."""
    share = -(-config.read.sample_rows // max(len(file.todo), 1))
    for reading in file.todo:
        yield replace(reading, source=number), share


def _result(
    files: Sequence[_File],
    problems: list[Problem],
    inspected_segments: Sequence[InspectedSegment],
    rows: int,
    config: ReadConfig,
) -> Inspection:
    inspected = []
    by_file: dict[int, list[InspectedSegment]] = {}
    for part in inspected_segments:
        by_file.setdefault(part.source, []).append(part)
    for number, file in enumerate(files):
        parts = by_file.get(number, [])
        broken = next((part.problem for part in parts if part.problem is not None), None)
        broken = broken or _contradiction(file, parts, config)
        if broken is None:
            inspected.append(_inspection(file, parts, rows))
        else:
            problems.append(Problem(name=file.source.name, problem=broken))
    return Inspection(files=tuple(inspected), problems=tuple(problems))


def _contradiction(
    file: _File, parts: Sequence[InspectedSegment], config: ReadConfig
) -> str | None:
    quarantined = sum(
        rows for part in parts for code, rows in part.tally.findings.items() if code not in UNPAIRED
    )
    rows = sum(part.rows for part in parts)
    return contradiction(file.identified, rows, quarantined, config)


def _inspection(file: _File, parts: Sequence[InspectedSegment], rows: int) -> FileInspection:
    source, identified = file.source, file.identified
    tally = Tally()
    for part in parts:
        tally.add(part.tally)
    roles, metadata = _fields(file)
    found = sorted(tally.findings.items(), key=lambda item: (-item[1], item[0]))
    return FileInspection(
        name=source.name,
        container=source.container,
        compression=source.compression,
        encoding=source.encoding,
        bytes=source.size,
        dialect=identified.dialect,
        summary=dialect_of(identified.match).summary if identified.match else "no rows",
        polarity=identified.polarity,
        parts=roles,
        metadata=metadata,
        renamed=file.renamed,
        rows=sum(part.rows for part in parts),
        records=tally.records,
        with_margin=tally.with_margin,
        quarantined={code: n for code, n in found if code not in UNPAIRED},
        unpaired={code: n for code, n in found if code in UNPAIRED},
        unreadable=tuple(_unreadable(parts)),
        characters=_summaries(tally.lengths),
        words=_summaries(_merged(part.words for part in parts)),
        scripts={name: n for name, n in zip(SCRIPTS, tally.scripts, strict=True) if n},
        languages=_most_first(part.languages for part in parts),
        sampled=sum(part.sampled for part in parts),
        shown=tuple(_shown(row) for row in evenly(list(_sample(parts)), rows)),
    )


def _fields(file: _File) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The fields that the dialect uses, and those that are kept as metadata."""
    match = file.identified.match
    if match is None:
        return {}, ()
    dialect = dialect_of(match)
    claimed = claims(dialect, (*file.fields, *match.paths), dict(match.mapping))
    held = {name for part in claimed.keys() & dialect.represented for name in claimed[part]}
    return claimed, tuple(name for name in file.fields if name not in held)


def _sample(parts: Iterable[InspectedSegment]) -> Iterator[InspectedRow]:
    lines = 0
    for part in parts:
        for row in part.sample:
            yield InspectedRow(row.source_row + lines, row.record)
        lines += part.lines


def _unreadable(parts: Iterable[InspectedSegment]) -> Iterator[Unreadable]:
    lines = 0
    listed: Counter[str] = Counter()
    for part in parts:
        for reason, examples in part.tally.examples.items():
            for example in examples[: EXAMPLES - listed[reason]]:
                listed[reason] += 1
                yield Unreadable(
                    row=example.source_row + lines, reason=reason, evidence=example.evidence
                )
        lines += part.lines


def _merged(parts: Iterable[dict[str, Lengths]]) -> dict[str, Lengths]:
    total: dict[str, Lengths] = {}
    for part in parts:
        for side, lengths in part.items():
            total[side] = total[side].merge(lengths) if side in total else lengths
    return total


def _summaries(lengths: dict[str, Lengths]) -> dict[Side, LengthSummary]:
    return {side: _summary(summed) for side, summed in lengths.items() if summed.rows}  # type: ignore[misc]


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


def _shown(row: InspectedRow) -> ShownRow:
    record = row.record
    return ShownRow(
        row=row.source_row,
        prompt=_messages(record.prompt),
        chosen=_messages(record.chosen),
        rejected=_messages(record.rejected),
        margin=record.margin,
        metadata=record.metadata,
    )


def _messages(messages: Iterable[Message]) -> tuple[ShownMessage, ...]:
    return tuple(ShownMessage(role=m.role, content=m.content, extra=m.extra) for m in messages)
