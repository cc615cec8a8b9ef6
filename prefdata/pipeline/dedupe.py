"""Removes duplicates and contradictions: a build with all rows in one split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config, overridden
from prefdata.config.model import BuildConfig
from prefdata.foreign_errors import in_our_words
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.build import build
from prefdata.results.manifest import Manifest
from prefdata.steps.progress import Report, silent


@in_our_words
def dedupe(
    sources: Sources,
    *,
    out: str | Path,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    force: bool = False,
    update: bool = False,
    report: Report = silent,
) -> Manifest:
    """Drops exact duplicates, near-duplicates and contradictory labels; returns the manifest.

    The same as `build`, with everything in the train split. Raises what `build` raises.
    """
    whole = {"split.test": 0.0, "split.validation": 0.0}
    return build(
        sources,
        out=out,
        config=overridden(given_config(config), whole),
        workers=workers,
        force=force,
        update=update,
        report=report,
    )
