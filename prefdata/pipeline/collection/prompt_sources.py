"""Finds sources of prompts: preference data in its dialect, and whatever else holds prompts."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from prefdata.config.model import ReadConfig
from prefdata.dialects.prompts import check_prompts
from prefdata.errors import ConfigError, DialectError
from prefdata.io.bytes.source import Source
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.in_memory import Place
from prefdata.io.sources.plain_text import is_plain_text
from prefdata.io.sources.read import sample_rows
from prefdata.pipeline.run.opened import Opened
from prefdata.pipeline.run.reading import (
    IdentifiedSource,
    match_of,
    refuse_unknown_statements,
)
from prefdata.steps.collect.read_prompts import PromptSource


class PromptSources:
    """Opens sources for a run, and keeps how each of them is read (`found`)."""

    def __init__(self) -> None:
        self.found: list[PromptSource] = []

    def open(self, places: Sequence[Place], config: ReadConfig, spool: Path) -> Opened:
        """Finds the sources behind names.

        Raises SourceError for one that cannot be read, DialectError for files without prompts.
        """
        refuse_unknown_statements(config)
        sources, not_read = find_sources(places, spool=spool, config=config)
        refused = []
        for source in sources:
            try:
                self.found.append(prompt_source(source, config))
            except DialectError as error:
                refused.append(str(error))
        if refused:
            raise DialectError("\n".join(refused))
        identified = tuple(IdentifiedSource(each.source, each.match) for each in self.found)
        return Opened(identified, tuple(not_read))


def prompt_source(source: Source, config: ReadConfig) -> PromptSource:
    """How a source is read. Raises DialectError if it holds no prompts."""
    if is_plain_text(source):
        return PromptSource(source, is_text=True)
    rows = sample_rows(source, config)
    mapping = _mapping(source, config)
    try:
        match = match_of(source, rows, config, decided=False)
        return PromptSource(source, match, mapping=mapping)
    except (DialectError, ConfigError):
        if config.dialect is not None:
            raise
        check_prompts(rows, mapping, source.name)
        return PromptSource(source, mapping=mapping)


def _mapping(source: Source, config: ReadConfig) -> dict[str, str]:
    for pattern, mapping in config.maps.items():
        if fnmatch(source.name, pattern) or fnmatch(source.given, pattern):
            return mapping
    return config.map
