"""Measures how far judges agree: `prefdata agreement`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.dialects import is_judged
from prefdata.errors import DataError
from prefdata.foreign_errors import in_our_words
from prefdata.io.bytes.source import Segment
from prefdata.io.files.scratch import scratch_folder
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.run.opened import open_sources, places_of
from prefdata.pipeline.run.output_run import reading_engine
from prefdata.pipeline.run.reading import IdentifiedSource
from prefdata.records.judgement import Judgement
from prefdata.results.agreement import AgreementReport
from prefdata.results.sentences import Sentence
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.read.meeting import judgements_of
from prefdata.transforms.judgements.agreement import measure_agreement
from prefdata.transforms.judgements.by_criterion import judged_by_criterion


@in_our_words
def agreement(
    sources: str | Path | Sequence[str | Path],
    *,
    config: BuildConfig | Mapping[str, Any] | None = None,
    workers: int | None = None,
    report: Report = silent,
) -> AgreementReport:
    """Measures agreement by criterion, over all sources and, if there are several, in each.

    Judgements whose judge has no name do not count. Raises DataError if there are none with one,
    SourceError or DialectError for a source that cannot be read.
    """
    config = given_config(config)
    with scratch_folder() as scratch:
        read = config.read.model_copy(update={"full_names": True})  # nothing of it is published
        found = open_sources(places_of(sources, config), read, scratch, decided=False).found
        judged = [item for item in found if item.match is not None and is_judged(item.match)]
        with reading_engine(judged, workers) as engine:
            parts = engine.map(partial(_judgements, config=config.read), judged)
            said = list(with_progress(parts, "read", len(judged), report))
    everything = [judgement for part in said for judgement in part]
    named = sum(judgement.judge is not None for judgement in everything)
    if not named:
        raise DataError(
            f"no judgement of {len(found)} sources names its judge, so there is no agreement to "
            "measure. Judges stand in a field such as judge, annotator or 标注员; name another "
            "one with --map judge=FIELD."
        )
    slices = [measure_agreement(each) for each in judged_by_criterion(everything)]
    for item, part in zip(judged, said, strict=True):
        if len(judged) > 1:
            slices += map(measure_agreement, judged_by_criterion(part, item.source.name))
    remarks = {}
    if named < len(everything):
        remarks["unnamed-judges"] = Sentence(
            "judges.unnamed", unnamed=len(everything) - named, judgements=len(everything)
        )
    return AgreementReport(slices=tuple(slices), remarks=remarks, versions=versions())


def _judgements(item: IdentifiedSource, config: ReadConfig) -> list[Judgement]:
    assert item.match is not None, "sources without rows have no judgements"
    return judgements_of(Segment(item.source), item.match, config)
