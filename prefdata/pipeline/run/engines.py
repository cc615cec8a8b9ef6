"""The engine of a run, and how many workers it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prefdata.engines.engine import Engine
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.run.reading import IdentifiedSource, refuse_changed, workers_for


@contextmanager
def reading_engine(
    identified: Sequence[IdentifiedSource], workers: int | None, modules: tuple[str, ...] = ()
) -> Iterator[Engine]:
    """An engine for a command that reads sources and publishes no folder.

    `modules`: modules that workers import beforehand. Raises SourceError at the end if a source has
    changed.
    """
    with LocalEngine(workers_among(identified, workers), modules) as engine:
        yield engine
    refuse_changed(identified)


def workers_among(found: Sequence[IdentifiedSource], asked: int | None) -> int:
    """As many workers as are asked for, or as the sources are worth."""
    return workers_for(found) if asked is None else asked
