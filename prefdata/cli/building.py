"""What commands that fill a folder do alike: run, with progress, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli import options
from prefdata.cli.logged import logged
from prefdata.startup import is_first_process

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig
    from prefdata.verdicts.model import Manifest


def built(
    run: Callable[..., Manifest],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
) -> None:
    """Runs what makes a dataset, and shows the manifest."""
    from prefdata.cli.show import show_manifest

    filled(run, show_manifest, sources, config, given, update=given["update"])


def filled(
    run: Callable[..., Any],
    show: Callable[[Any, str], None],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
    **besides: Any,
) -> None:
    """Runs, and shows the result as `given` (the options of `running`, out, force) asks.

    `besides`: what `run` takes beyond that. It returns None in those of several processes that
    have nothing to say.
    """
    from prefdata.cli.show_progress import progress

    options.required(sources, config)
    silence = given["quiet"] or not is_first_process()
    with progress(quiet=silence) as report, logged(quiet=silence):
        result = run(
            sources,
            out=given["out"],
            config=config,
            workers=given["workers"],
            force=given["force"],
            report=report,
            **besides,
        )
    if result is None:
        return
    if given["as_json"]:
        click.echo(result.model_dump_json(indent=2))
    elif not given["quiet"]:
        show(result, given["out"])
