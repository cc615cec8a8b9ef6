"""The input of a command: sources, or the output folder of a build."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.errors import UsageError
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.in_memory import TAKEN, InMemory, Place, Sources, given_places
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.pipeline.run.reading import IdentifiedSource, find
from prefdata.results.collection import COLLECTION_BEGINS, is_collection
from prefdata.results.layout import LEDGER, MANIFEST
from prefdata.results.manifest import Manifest, data_files
from prefdata.results.not_read import NotRead, summarised

_log = logging.getLogger("prefdata")


@dataclass(frozen=True)
class Opened:
    """Sources with their dialects (`found`), and files in their folders that are not read; `out`
    and `manifest` if an output folder is read."""

    found: tuple[IdentifiedSource, ...]
    not_read: tuple[NotRead, ...] = ()
    out: Path | None = None
    manifest: Manifest | None = None


def places_of(sources: Sources, config: BuildConfig) -> list[Place]:
    """The sources given to a command, one or several; those of the config if none were given.

    Raises UsageError for what is no source, and where there is none.
    """
    places = given_places(sources) or list(config.sources)
    if not places:
        raise UsageError(f"sources: none are given. {TAKEN}.")
    return places


def open_sources(
    places: Sequence[Place], config: ReadConfig, spool: Path, *, decided: bool = True
) -> Opened:
    """Finds the sources behind names; an output folder is a source like any other.

    `decided`: pairs are made, so that of several criteria one has to decide. Raises SourceError or
    DialectError for a source that cannot be read.
    """
    found, not_read = find(places, config, spool, decided=decided)
    return Opened(tuple(found), tuple(not_read))


def open_data(places: Sequence[Place], config: ReadConfig, spool: Path) -> Opened:
    """Finds the sources behind names, or opens the single output folder of a build.

    An output folder among other sources is a source like any other: its data are read again. Raises
    SourceError or DialectError for a source that cannot be read, IntegrityError for an output
    folder with a damaged manifest.
    """
    out = output_in(places)
    if out is None:
        return open_sources(places, config, spool)
    manifest = read_manifest(out)
    has_data = bool(data_files(manifest))
    sources = find_sources(places, spool=spool, config=config.unrooted).sources if has_data else []
    found = tuple(IdentifiedSource(source, None) for source in sources)
    return Opened(found, out=out, manifest=manifest)


def warn_of_not_read(opened: Opened) -> None:
    """Logs which files of source folders are not read and may hold rows."""
    notable = [file for file in opened.not_read if not file.is_companion]
    for sentence in summarised(notable):
        _log.warning("%s", sentence)


def output_in(places: Sequence[Place]) -> Path | None:
    """The output folder of a build that is the only place, if it is one."""
    if len(places) != 1 or isinstance(places[0], InMemory):
        return None
    folder = Path(places[0])
    return folder if is_output(folder) else None


def is_output(folder: Path) -> bool:
    """Whether a build has written this folder; a manifest alone may be some other tool's, and one
    of a collection is of rows to be read like any others."""
    if not (folder / MANIFEST).is_file() or not (folder / LEDGER).is_dir():
        return False
    with (folder / MANIFEST).open("rb") as file:
        return not is_collection(file.read(COLLECTION_BEGINS))
