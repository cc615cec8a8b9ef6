"""Runs a command that writes a folder: with progress, log lines and its result on stdout."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.show.lines import clean
from prefdata.startup import is_first_process

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig
    from prefdata.results.manifest import Manifest


def built(
    run: Callable[..., Manifest],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
) -> None:
    """Runs a build (`run`) as `filled` does, and shows its manifest."""
    from prefdata.cli.show.tables import show_manifest

    filled(run, show_manifest, sources, config, given, update=given["update"])


def filled(
    run: Callable[..., Any],
    show: Callable[[Any, str], None],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
    **besides: Any,
) -> None:
    """Calls `run` with progress, and prints its result: `show(result, out)`, or JSON.

    `given`: the options of the command, among them those of `options.running`, out and force.
    `besides`: further arguments of `run`. Under torchrun, `run` returns None in processes of other
    ranks, and nothing is printed.
    """
    from prefdata.cli.show.progress import progress

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


@contextmanager
def logged(*, quiet: bool) -> Iterator[None]:
    """Prints log messages on stderr within the context; with `quiet` only warnings and errors."""
    log = logging.getLogger("prefdata")
    before, propagate, handler = log.level, log.propagate, _Lines()
    log.addHandler(handler)
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        log.setLevel(before)
        log.propagate = propagate
        log.removeHandler(handler)


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(clean(record.getMessage()), err=True)
