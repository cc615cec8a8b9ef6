"""Removes duplicates and contradictions: a build with all rows in one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.pipeline.build import build
from prefdata.results.manifest import Manifest
from prefdata.steps.progress import Report, silent


def dedupe(
    sources: Sequence[str | Path],
    *,
    out: str | Path,
    config: BuildConfig | None = None,
    workers: int | None = None,
    force: bool = False,
    update: bool = False,
    report: Report = silent,
) -> Manifest:
    """Drops copies, near-copies and contradictions; returns the manifest of the remaining dataset.

    The same as `build`, with everything in the train split. Raises what `build` raises.
    """
    whole = {"split.test": 0.0, "split.validation": 0.0}
    return build(
        sources,
        out=out,
        config=overridden(config or BuildConfig(), whole),
        workers=workers,
        force=force,
        update=update,
        report=report,
    )
