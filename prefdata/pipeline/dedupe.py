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

    The same as `build`, with everything in the train split.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `force`: replace the output of an earlier run in `out`. By default that raises OutputError.
    - `update`: replace it only if it would come out differently; if not, the manifest that is there
      is returned. Not together with `force`.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises what `build` raises.
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
