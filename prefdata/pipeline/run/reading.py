"""Finds sources and their dialects, the first step of every pipeline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.credentials import without_credentials
from prefdata.dialects import dialect_named
from prefdata.dialects.detect import Match, detect
from prefdata.dialects.dialect import Row
from prefdata.errors import DialectError, SourceError
from prefdata.io.bytes.source import Source
from prefdata.io.sources.find import find_sources, has_changed
from prefdata.io.sources.read import sample_rows, segments
from prefdata.steps.read.ingest import Reading

SMALL_BYTES = 16 * MIB


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
        return dialect_named(self.match.dialect).polarity if self.match else "no rows"


def find(places: Sequence[str], config: ReadConfig, spool: Path) -> list[IdentifiedSource]:
    """The sources behind names, folders, globs and URLs, each with its dialect.

    Raises SourceError or DialectError, or ConfigError for names that the config has wrong; nothing
    has been written by then.
    """
    refuse_unknown_dialects(config)
    identified, refused = [], []
    for source in find_sources(places, spool=spool, config=config):
        try:
            identified.append(
                IdentifiedSource(source, match_of(source, sample_rows(source, config), config))
            )
        except DialectError as error:
            refused.append(str(error))
    if refused:
        raise DialectError("\n".join(refused))
    return identified


def refuse_unknown_dialects(config: ReadConfig) -> None:
    """Raises ConfigError if the config names a dialect that there is not, for whichever files."""
    for name in (config.dialect, *config.dialects.values()):
        if name is not None:
            dialect_named(name)


def readings(identified: Sequence[IdentifiedSource], config: ReadConfig) -> list[Reading]:
    """The segments of all sources, in order."""
    parts = [
        (number, segment, item.match or _NOTHING)
        for number, item in enumerate(identified)
        for segment in segments(item.source, config)
    ]
    return [
        Reading(index, source, segment, match, config)
        for index, (source, segment, match) in enumerate(parts)
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


def match_of(source: Source, rows: Sequence[Row], config: ReadConfig) -> Match | None:
    """The dialect of a source, by the config or detected from some rows; None without rows."""
    if not rows:
        return None
    patterns = ((without_credentials(pattern), d) for pattern, d in config.dialects.items())
    named = (d for pattern, d in patterns if fnmatch(source.name, pattern))
    dialect = next(named, config.dialect)
    return detect(rows, place=source.name, dialect=dialect, mapping=config.map or None)
