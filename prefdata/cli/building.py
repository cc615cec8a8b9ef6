"""What `build` and `dedupe` do alike: run, with progress, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli import options

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig
    from prefdata.verdicts.model import Manifest


def built(
    run: Callable[..., Manifest],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
) -> None:
    """Runs, and shows the manifest as `given` (the options of `running`, out, force) asks."""
    from prefdata.cli.show import show_manifest
    from prefdata.cli.show_progress import progress

    options.required(sources, config)
    with progress(quiet=given["quiet"] or given["as_json"]) as report:
        manifest = run(
            sources,
            out=given["out"],
            config=config,
            workers=given["workers"],
            force=given["force"],
            report=report,
        )
    if given["as_json"]:
        click.echo(manifest.model_dump_json(indent=2))
    elif not given["quiet"]:
        show_manifest(manifest, given["out"])
