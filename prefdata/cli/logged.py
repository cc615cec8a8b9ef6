"""What the library logs, as lines on stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from prefdata.cli.text import clean


@contextmanager
def logged(*, quiet: bool) -> Iterator[None]:
    """Says on stderr what is logged meanwhile; with `quiet` warnings alone."""
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
