"""Refuses an output folder that lies in a source folder, or holds a source."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from prefdata.config.model import BuildConfig
from prefdata.errors import OutputError
from prefdata.io.bytes.spool import is_url
from prefdata.io.sources.find import STDIN, fixed_part
from prefdata.io.sources.in_memory import InMemory, Place
from prefdata.io.sources.names import local_path


def refuse_overlap(out: Path, places: Sequence[Place], config: BuildConfig) -> None:
    """Raises OutputError if `out` lies in a folder that is read, or something to read lies in it.

    The next run would read what this one wrote; or this one would replace what it reads. Links are
    resolved.
    """
    real_out = Path(os.path.realpath(out))
    like = config.semantic.like
    for place in (*places, *config.against.files, *like.keep, *like.drop):
        for path in _local(place):
            real = Path(os.path.realpath(path))
            if real_out == real or real_out in real.parents:
                raise OutputError(
                    f"{place} lies in the output folder {out}, which is replaced by what is made "
                    "of it. Choose another --out."
                )
            if _is_walked(place, path) and real in real_out.parents:
                raise OutputError(
                    f"the output folder {out} lies in {place}, which is read: the next run would "
                    "read what this one writes. Choose an --out outside of it."
                )


def _local(place: Place) -> Iterator[Path]:
    """The files and folders of this machine that a place names; of a pattern, its fixed part."""
    if isinstance(place, InMemory) or place == STDIN:
        return
    if is_url(place):
        local = local_path(place)
        if local is not None:
            yield Path(local)
        return
    path = Path(place)
    if path.exists():
        yield path
    elif glob.has_magic(place):
        yield fixed_part(place) if "**" in Path(place).parts else path


def _is_walked(place: Place, path: Path) -> bool:
    return path.is_dir() or "**" in Path(str(place)).parts
