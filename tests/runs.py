"""Runs of a command on some places, for tests of what its steps do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefdata.config.model import BuildConfig
from prefdata.engines.engine import Engine
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.run.opened import open_data
from prefdata.pipeline.run.output_run import Run
from prefdata.steps.progress import Report, silent


def run_on(
    places: Sequence[str | Path],
    place: Path,
    config: BuildConfig | None = None,
    *,
    engine: Engine | None = None,
    report: Report = silent,
) -> Run:
    """A run on preference files, or on the one output folder of a build; works in `place`."""
    config = config or BuildConfig()
    opened = open_data([str(each) for each in places], config.read, place / "spool")
    return Run(opened, place, engine or LocalEngine(), config, report)
