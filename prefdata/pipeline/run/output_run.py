"""One run of a command: sources, workspace and engine in; one finished folder out, or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.engines.engine import Engine
from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError, SourceError
from prefdata.io.sources.in_memory import Place, Sources
from prefdata.pipeline.run.engines import workers_among
from prefdata.pipeline.run.opened import Opened, open_data, places_of
from prefdata.pipeline.run.overlap import refuse_overlap
from prefdata.pipeline.run.reading import refuse_changed
from prefdata.pipeline.run.replaceable import refuse_unnamed
from prefdata.pipeline.run.worker_modules import BUILDING
from prefdata.pipeline.run.workspace import empty_workspace, publish, workspace
from prefdata.results.layout import MANIFEST, MARKS
from prefdata.steps.progress import Report, silent


@dataclass(frozen=True)
class Run:
    """What all steps of a command share.

    `opened`: its input. `place`: the folder for the results of its steps. `engine`: runs the work.
    `report`: is called with the progress.
    """

    opened: Opened
    place: Path
    engine: Engine
    config: BuildConfig
    report: Report = silent

    def final(self, identity: str, *, empty: bool = False) -> Path:
        """The folder to publish when the run ends; `empty`: without files of an interrupted run."""
        folder = self.place / f"final-{identity}"
        if empty:
            shutil.rmtree(folder, ignore_errors=True)
        (folder / MARKS).mkdir(parents=True, exist_ok=True)
        return folder


@dataclass
class OutputRun:
    """A run that ends with a folder: `finished` is published when the block of the run ends.

    None: nothing had to be done; the workspace is emptied.
    """

    run: Run
    finished: Path | None = None


@contextmanager
def output_run(
    sources: Sources,
    out: Path,
    config: BuildConfig,
    *,
    mark: str = MANIFEST,
    force: bool = False,
    update: bool = False,
    in_place: bool = False,
    workers: int | None = None,
    opening: Callable[[Sequence[Place], ReadConfig, Path], Opened] = open_data,
    report: Report = silent,
) -> Iterator[OutputRun]:
    """Locks `out`, opens the sources, starts an engine; at the end publishes the finished folder.

    `mark`: the file by which a complete output of this command is recognised. `update`: `out` may
    be left as it is, so what it holds besides is no matter before there is something to publish.
    `in_place`: the output is made of the only source, a folder. Nothing is published if a source
    changed meanwhile, since a mixture of old and new content may have been read, or if `out` holds
    files that are not its own. An interrupted run keeps its workspace, and the next one resumes.
    Raises what `workspace` and `opening` raise, SourceError for a source that changed, and
    OutputError if sources and `out` overlap.
    """
    places = places_of(sources, config)
    if not in_place:
        refuse_overlap(out, places, config)
    with workspace(out, force=force or update, mark=mark) as place:
        if not update:
            refuse_unnamed(out, mark)
        opened = opening(places, config.read, place / "spool")
        with LocalEngine(workers_among(opened.found, workers), BUILDING) as engine:
            output = OutputRun(Run(opened, place, engine, config, report))
            yield output
        try:
            refuse_changed(opened.found)
        except SourceError:
            empty_workspace(place)
            raise
        if output.finished is None:
            empty_workspace(place)
        else:
            refuse_unnamed(out, mark)  # again: this may be hours later
            publish(place, output.finished, out.absolute())


class Balanced(Protocol):
    """Counts of rows that must add up."""

    def balance(self) -> int:
        """Rows unaccounted for."""


def refuse_unbalanced(
    booked: Balanced, books: str, counted: Mapping[str, object] | None = None
) -> None:
    """Raises RunError unless `booked` adds up and agrees with what the steps have `counted`.

    `books`: where `booked` was counted, such as "the ledger". `counted`: field of `booked` to its
    expected value.
    """
    counted = counted or {}
    if booked.balance() or any(getattr(booked, name) != rows for name, rows in counted.items()):
        steps = f"the steps say {dict(counted)}, " if counted else ""
        raise RunError(
            f"rows are unaccounted for: {steps}{books} says {booked}. "
            "Nothing was published; this is a fault of prefdata, please report it."
        )
