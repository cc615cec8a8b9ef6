"""Measures how far judges agree: `prefdata agreement`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.dialects import meets
from prefdata.dialects.dialect import Match
from prefdata.errors import DataError
from prefdata.foreign_errors import in_our_words
from prefdata.io.bytes.source import Segment
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.run.engines import reading_engine
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.run.opened import open_sources, places_of
from prefdata.pipeline.run.reading import meeting_sources
from prefdata.results.agreement import AgreementReport
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.read.agreement import Heard, hear, measure


@in_our_words
def agreement(
    sources: Sources,
    *,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    report: Report = silent,
) -> AgreementReport:
    """Measures agreement by criterion, over all sources and, if there are several, in each.

    Judgements whose judge has no name do not count.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict. They hold judgements, such as votes or ratings.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises DataError if there are none with one, SourceError or DialectError for a source that
    cannot be read.
    """
    config = given_config(config)
    with scratch_folder() as scratch:
        read = config.read.model_copy(update={"full_names": True})  # nothing of it is published
        found = open_sources(places_of(sources, config), read, scratch, decided=False).found
        judged = [item for item in found if item.match is not None and meets(item.match)]
        with reading_engine(judged, workers) as engine:
            parts = engine.map(partial(_heard, config=config.read), meeting_sources(judged))
            heard = list(with_progress(parts, "read", len(judged), report))
    if not any(part.named for part in heard):
        raise DataError(
            f"no judgement of {len(found)} sources names its judge, so there is no agreement to "
            "measure. Judges stand in a field such as judge, annotator or 标注员; name another "
            "one with --map judge=FIELD."
        )
    return measure(heard, versions())


def _heard(source: tuple[str, Segment, Match], config: ReadConfig) -> Heard:
    return hear(*source, config)
