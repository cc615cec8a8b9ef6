"""Finds sources and their dialects, the first step of every pipeline."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.credentials import without_credentials
from prefdata.dialects import dialect_named, dialect_of, is_judged, meets
from prefdata.dialects.contradiction import count_labels, labels_of, refusal, stated_instead
from prefdata.dialects.detect import Match, detect
from prefdata.dialects.dialect import Row
from prefdata.dialects.judgements.criteria import refuse_undecided, takes_criterion
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.undetected import LACKS_FIELD
from prefdata.errors import ContradictedError, DialectError, SourceError
from prefdata.io.bytes.source import Segment, Source
from prefdata.io.sources.find import find_sources, has_changed
from prefdata.io.sources.in_memory import Place
from prefdata.io.sources.read import read_rows, sample_rows, segments
from prefdata.results.not_read import NotRead
from prefdata.steps.read.reading import Reading
from prefdata.transforms.split.published import NamedSplit, splits_of_files

SMALL_BYTES = 16 * MIB
_SHOWN = 12
_log = logging.getLogger("prefdata")


@dataclass(frozen=True)
class IdentifiedSource:
    """A source and its dialect; None if it has no rows to detect one by."""

    source: Source
    match: Match | None

    @property
    def dialect(self) -> str:
        return self.match.dialect if self.match else "none"

    @property
    def polarity(self) -> str:
        return dialect_of(self.match).polarity if self.match else "no rows"


def find(
    places: Sequence[Place], config: ReadConfig, spool: Path, *, decided: bool = True
) -> tuple[list[IdentifiedSource], list[NotRead]]:
    """The sources behind names, folders, globs and URLs, each with its dialect; and the files of
    folders that are not read. `decided`: see `match_of`.

    Raises SourceError or DialectError, or ConfigError for names that the config has wrong; nothing
    has been written by then.
    """
    refuse_unknown_statements(config)
    identified, without = [], []
    refused: dict[str, str] = {}
    is_asked = config.pairs.criterion is not None
    sources, not_read = find_sources(places, spool=spool, config=config)
    for source in sources:
        try:
            rows = sample_rows(source, config)
            match = match_of(source, rows, config, decided=decided)
            identified.append(IdentifiedSource(source, match))
            if match is not None and is_asked and not takes_criterion(rows, match, source.name):
                without.append(identified[-1])
        except DialectError as error:
            refused[source.name] = str(error)
    if refused:
        hints = _by_file(refused) if len(sources) > 1 else ()
        raise DialectError("\n".join((*refused.values(), *hints)))
    if config.pairs.criterion is not None:
        _check_criterion(config.pairs.criterion, identified, without)
    return identified, not_read


def _by_file(refused: Mapping[str, str]) -> Iterator[str]:
    """How a config says of some files, and not of all that are read, what labels mean and which
    field is what. `refused`: file to why."""
    labels = [name for name, why in refused.items() if "--label " in why]
    mapped = {name: why for name, why in refused.items() if "--map " in why}
    lacking = [name for name, why in mapped.items() if LACKS_FIELD in why]
    maps = [name for name in mapped if name not in lacking] or ["FILE"] * bool(lacking)
    for flag, key, value, names in (
        ("--label", "labels", "MEANING", labels),
        ("--map", "maps", "{PART: FIELD}", maps),
    ):
        if names:
            yield f"{flag} speaks of every file that is read. A config speaks of one (--config):"
            yield "  read:"
            yield f"    {key}:"
            yield from (f"      {json.dumps(n, ensure_ascii=False)}: {value}" for n in names)


def _check_criterion(
    criterion: str, identified: Sequence[IdentifiedSource], without: Sequence[IdentifiedSource]
) -> None:
    """Raises DialectError if a criterion is named and no source has any; warns of those that have
    none beside others that do."""
    said = [f"{item.source.name} ({item.dialect})" for item in without]
    if said and len(without) == sum(item.match is not None for item in identified):
        raise DialectError(
            f"--criterion {criterion}: {', '.join(said[:_SHOWN])} have no criteria to choose from; "
            "their rows say by themselves which completion is better. Leave out --criterion."
        )
    for name in said[:_SHOWN]:
        _log.warning("%s has no criteria: criterion %s says nothing of it.", name, criterion)


def names_to_prefer(
    identified: Sequence[IdentifiedSource], prefer: Sequence[str]
) -> tuple[str, ...]:
    """The names of sources, for comparison with `prefer`: the absolute path of those that it calls
    by it."""
    return tuple(
        item.source.given
        if any(item.source.given == p or fnmatch(item.source.given, p) for p in prefer)
        else item.source.name
        for item in identified
    )


def refuse_unknown_statements(config: ReadConfig) -> None:
    """Raises ConfigError if the config names a dialect that there is not, or gives labels a meaning
    that is none, for whichever files."""
    for name in (config.dialect, *config.dialects.values()):
        if name is not None:
            dialect_named(name)
    for label in (config.label, *config.labels.values()):
        if label is not None:
            LabelReading.parse(label)


def readings(
    identified: Sequence[IdentifiedSource],
    config: ReadConfig,
    published: Literal["keep", "ignore"] = "ignore",
) -> list[Reading]:
    """The segments of all sources, in order. `published`: what becomes of published splits."""
    named: list[NamedSplit | None] = [None] * len(identified)
    if published == "keep":
        codes = splits_of_files([item.source.name for item in identified])
        named = [NamedSplit(code, frozenset(codes)) for code in codes]
    parts = [
        (number, segment, item.match or _NOTHING)
        for number, item in enumerate(identified)
        for segment in _segments(item, config)
    ]
    return [
        Reading(index, source, segment, match, config, named[source])
        for index, (source, segment, match) in enumerate(parts)
    ]


def _segments(item: IdentifiedSource, config: ReadConfig) -> list[Segment]:
    """The parts of a source that are read one by one; rows that meet must not be parted."""
    if item.match is not None and meets(item.match):
        return [Segment(item.source)]
    return list(segments(item.source, config))


def refuse_contradicted(
    identified: Sequence[IdentifiedSource], read: Sequence[tuple[int, int]], config: ReadConfig
) -> None:
    """Raises ContradictedError, with counts by value, for files whose labels contradict their
    dialect.

    `read`: for each source the rows that were read, and those of them that are in quarantine. Only
    a file with many of these is read again, to count its labels.
    """
    problems = [
        problem
        for item, (rows, quarantined) in zip(identified, read, strict=True)
        if (problem := contradiction(item, rows, quarantined, config)) is not None
    ]
    if problems:
        raise ContradictedError("\n".join(problems))


def contradiction(
    item: IdentifiedSource, rows: int, quarantined: int, config: ReadConfig
) -> str | None:
    """Why a source is refused, if its labels contradict its dialect; see `refuse_contradicted`."""
    limit = config.max_unknown_labels
    if item.match is None or labels_of(item.match) is None:
        return None
    if not quarantined or quarantined <= limit * (rows - quarantined):  # unknown labels are fewer
        return None
    counts = count_labels(_every_row(item.source, config), item.match)
    if not counts.contradict(limit):
        return None
    instead = stated_instead(lambda: _every_row(item.source, config), item.match)
    return refusal(item.source.name, counts, item.match, limit, instead)


def meeting_sources(identified: Sequence[IdentifiedSource]) -> list[tuple[str, Segment, Match]]:
    """The sources whose judgements are put together: the name, the whole source and the dialect of
    each. Judgements of other sources name no judge."""
    return [
        (item.source.name, Segment(item.source), item.match)
        for item in identified
        if item.match is not None and meets(item.match)
    ]


def workers_for(identified: Sequence[IdentifiedSource]) -> int:
    """The number of workers: all usable cores, or one if the sources are small."""
    return 1 if sum(item.source.size for item in identified) < SMALL_BYTES else cores()


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def refuse_changed(identified: Sequence[IdentifiedSource]) -> None:
    """Raises SourceError if a source has changed since the run began."""
    for item in identified:
        if has_changed(item.source):
            raise SourceError(
                f"{item.source.name} changed while it was read. Run again when it is complete."
            )


_NOTHING = Match("pairs", ())


def match_of(
    source: Source, rows: Sequence[Row], config: ReadConfig, *, decided: bool = True
) -> Match | None:
    """The dialect of a source, by the config or detected from some rows; None without rows.

    `decided`: pairs are made, so that of several criteria one has to decide.
    """
    if not rows:
        return None
    every_row = partial(_every_row, source, config)
    match = detect(
        rows,
        place=source.name,
        dialect=_for_source(source, config.dialects, config.dialect),
        mapping=_for_source(source, config.maps, config.map),
        label=_for_source(source, config.labels, config.label),
        every_row=every_row,
        cut=config.cut,
    )
    if decided and is_judged(match):
        refuse_undecided(rows, match, config.pairs, source.name, every_row)
    return match


def _every_row(source: Source, config: ReadConfig) -> Iterator[Row]:
    """All readable rows of a source, one block in memory at a time; values may be `msgspec.Raw`."""
    return (
        row.fields
        for segment in segments(source, config)
        for block in read_rows(segment, config)
        for row in block.rows
        if row.fields is not None
    )


Value = TypeVar("Value")
Other = TypeVar("Other")


def _for_source(source: Source, by_pattern: Mapping[str, Value], other: Other) -> Value | Other:
    """The value of the first pattern that a source fits, else the other one."""
    called = (source.name, without_credentials(source.given))
    for pattern, value in by_pattern.items():
        if any(fnmatch(name, without_credentials(pattern)) for name in called):
            return value
    return other
