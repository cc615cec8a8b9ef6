"""Validates preference files: counts their rows and records, and the rules that they break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.run.demands import demand_for_checks
from prefdata.pipeline.run.engines import reading_engine
from prefdata.pipeline.run.opened import open_sources, places_of
from prefdata.pipeline.run.reading import (
    IdentifiedSource,
    readings,
    refuse_contradicted,
)
from prefdata.pipeline.run.worker_modules import validating
from prefdata.results.validation import (
    FindingPlace,
    LengthSummary,
    RuleCount,
    SourceSummary,
    Validation,
)
from prefdata.rules.registry import rule_named
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.read.check import Checks
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.tally import FindingExample, Tally
from prefdata.steps.read.together import together
from prefdata.steps.read.validate_rows import (
    Repeats,
    ValidatedSegment,
    place_of,
    repeats,
    validate_rows,
)
from prefdata.transforms.texts.script import SCRIPTS


@in_our_words
def validate(
    sources: Sources,
    *,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    report: Report = silent,
) -> Validation:
    """Reads sources to the end and checks every rule; writes nothing.

    Faults of rows are in the result.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises SourceError or DialectError if a source cannot be read at all (ContradictedError if its
    labels are not those of its dialect), ConfigError if the config names an unknown rule.
    """
    config = given_config(config)
    demand_for_checks(config.check)
    checks = Checks(config.checks)
    read = config.read.model_copy(update={"full_names": True})  # nothing of it is published
    with scratch_folder() as scratch:
        opened = open_sources(places_of(sources, config), read, scratch / "spool")
        identified = opened.found
        todo = readings(identified, config.read, config.split.published)
        keys = scratch / "keys"
        keys.mkdir()
        size = sum(item.source.size for item in identified)
        with reading_engine(identified, workers, validating(size)) as engine:
            groups = together(todo)
            parts = validate_rows(engine, groups, checks, keys)
            segments = [
                segment
                for part in with_progress(parts, "validate", len(groups), report)
                for segment in part
            ]
            refuse_contradicted(identified, _read(identified, segments), config.read)
            repeated = repeats(engine, groups, keys)
    result = _result(identified, todo, segments, repeated, checks)
    return result.model_copy(update={"not_read": opened.not_read})


def _read(
    identified: Sequence[IdentifiedSource], segments: Sequence[ValidatedSegment]
) -> list[tuple[int, int]]:
    """The rows of each source, and those of them that are quarantined."""
    read = [(0, 0)] * len(identified)
    for part in segments:
        rows, quarantined = read[part.source]
        read[part.source] = rows + part.rows, quarantined + part.quarantined
    return read


def _result(
    identified: Sequence[IdentifiedSource],
    todo: Sequence[Reading],
    segments: Sequence[ValidatedSegment],
    repeated: Repeats,
    checks: Checks,
) -> Validation:
    first_lines = list(_first_lines(segments))
    tally = Tally()
    for part, first_line in zip(segments, first_lines, strict=True):
        tally.add(_shifted(part.tally, first_line))
    for reason, rows in repeated.rows.items():
        tally.findings[reason] = tally.findings.get(reason, 0) + rows
        tally.examples[reason] = list(
            _repeat_examples(repeated.first[reason], identified, todo, first_lines)
        )
    rows, judged = sum(part.rows for part in segments), any(part.spoken for part in segments)
    return Validation(
        rows=rows,
        records=tally.records,
        in_pairs=rows - sum(part.silent for part in segments) if judged else None,
        sources=tuple(_source_summaries(identified, segments)),
        findings=tuple(_rule_counts(tally, identified, checks)),
        remarks=checks.of_dataset(tally.left, tally.with_margin),
        scripts={n: c for n, c in zip(SCRIPTS, tally.scripts, strict=True) if c},
        lengths={
            side: LengthSummary.model_validate(lengths.summary())
            for side, lengths in tally.lengths.items()
        },
    )


def _first_lines(segments: Iterable[ValidatedSegment]) -> Iterator[int]:
    source, line = -1, 0
    for part in segments:
        if part.source != source:
            source, line = part.source, 0
        yield line
        line += part.lines


def _shifted(tally: Tally, lines: int) -> Tally:
    tally.examples = {
        code: [FindingExample(e.source, e.source_row + lines, e.evidence) for e in examples]
        for code, examples in tally.examples.items()
    }
    return tally


def _repeat_examples(
    places: Iterable[tuple[int, int | None]],
    identified: Sequence[IdentifiedSource],
    todo: Sequence[Reading],
    first_lines: Sequence[int],
) -> Iterator[FindingExample]:
    for row, other in places:
        segment, line = place_of(row)
        evidence = ""
        if other is not None:
            where, at = place_of(other)
            evidence = f"see {identified[todo[where].source].source.name}:{at + first_lines[where]}"
        yield FindingExample(todo[segment].source, line + first_lines[segment], evidence)


def _rule_counts(
    tally: Tally, identified: Sequence[IdentifiedSource], checks: Checks
) -> Iterator[RuleCount]:
    order = {"error": 0, "warning": 1, "note": 2, "off": 3}
    codes = [code for code in tally.findings if checks.level(code) != "off"]
    for code in sorted(codes, key=lambda c: (order[checks.level(c)], -tally.findings[c], c)):
        rule = rule_named(code)
        yield RuleCount(
            code=code,
            level=checks.level(code),
            rows=tally.findings[code],
            summary=rule.summary,
            fix=rule.fix,
            examples=tuple(
                FindingPlace(
                    source=identified[e.source].source.name, row=e.source_row, evidence=e.evidence
                )
                for e in tally.examples[code]
            ),
        )


def _source_summaries(
    identified: Sequence[IdentifiedSource], segments: Sequence[ValidatedSegment]
) -> Iterator[SourceSummary]:
    for item, (rows, quarantined) in zip(identified, _read(identified, segments), strict=True):
        yield SourceSummary(
            name=item.source.name,
            container=item.source.container,
            compression=item.source.compression,
            encoding=item.source.encoding,
            dialect=item.dialect,
            polarity=item.polarity,
            rows=rows,
            quarantined=quarantined,
        )
