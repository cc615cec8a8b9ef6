"""Runs the semantic filters: a build with all rows in one split, or a preview of the filters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config, overridden
from prefdata.config.model import BuildConfig
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.build import build
from prefdata.pipeline.run.demands import demand_for_build
from prefdata.pipeline.run.engines import reading_engine
from prefdata.pipeline.run.opened import open_sources, places_of
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.run.worker_modules import BUILDING
from prefdata.pipeline.stages.compare_rows import compare_texts
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.stages.preview import Preview, preview_of
from prefdata.pipeline.stages.semantic_filters import preview_filters
from prefdata.results.manifest import Manifest
from prefdata.steps.progress import Report, silent

_USUAL = {
    "semantic.contrast.action": "drop",
    "semantic.topic.action": "flag",
    "semantic.outliers.action": "flag",
    "semantic.similar.action": "drop",
}


@in_our_words
def embed_filter(
    sources: Sources,
    *,
    out: str | Path,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    force: bool = False,
    update: bool = False,
    report: Report = silent,
) -> Manifest:
    """Drops rows by their meaning; returns the manifest of the remaining dataset.

    The same as `build`, with everything in the train split, and with filters on: those that
    `config.semantic` turns on, or the default ones if it turns on none.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `force`: replace the output of an earlier run in `out`. By default that raises OutputError.
    - `update`: replace it only if it would come out differently; if not, the manifest that is there
      is returned. Not together with `force`.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises what `build` raises, and ModelError.
    """
    return build(
        sources,
        out=out,
        config=filtering(given_config(config)),
        workers=workers,
        force=force,
        update=update,
        report=report,
    )


def filtering(config: BuildConfig) -> BuildConfig:
    """The config with everything in one split, and the default filters on if it turns on none."""
    changes: dict[str, object] = {"split.test": 0.0, "split.validation": 0.0}
    if not config.semantic.is_on:
        changes |= _USUAL
    return overridden(config, changes)


@in_our_words
def preview(
    sources: Sources,
    *,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    rows: int = 6,
    workers: int | None = None,
    report: Report = silent,
) -> Preview:
    """What each filter would do, with the rows around its threshold; writes no dataset.

    All filters see the same rows: those left by the rules and the comparisons of texts. Raises what
    `embed_filter` raises.
    """
    config = filtering(given_config(config))
    demand_for_build(config)
    with scratch_folder() as place:
        opened = open_sources(places_of(sources, config), config.read, place / "spool")
        with reading_engine(opened.found, workers, BUILDING) as engine:
            prepared = prepare(Run(opened, place, engine, config, report))
            results, examined = preview_filters(prepared, compare_texts(prepared).left)
            return preview_of(results, prepared, rows, examined)
