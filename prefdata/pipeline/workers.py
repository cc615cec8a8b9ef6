"""How many processes a piece of work is worth."""

from __future__ import annotations

from collections.abc import Iterable

from prefdata.io.source import Source
from prefdata.pipeline.build import default_workers

SMALL = 16 << 20
"""Bytes below which starting processes costs more than it gives."""


def workers_for(sources: Iterable[Source], asked: int | None) -> int:
    """What was asked for; else one for little to read, and every core for more."""
    if asked is not None:
        return asked
    return default_workers() if sum(source.size for source in sources) > SMALL else 1
