"""Names of sources in outputs: of an absolute path no more than tells the file apart.

Outputs are published; what a path says of the machine and its user is not part of the data. A name
that was given relative, or as a URL, is kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from prefdata.config.settings import without_folders
from prefdata.credentials import without_credentials
from prefdata.errors import UsageError
from prefdata.io.bytes.spool import is_url

_SYSTEM = ("/dev/", "/proc/")
"""Folders of pipes and descriptors, whose paths are the same on any machine."""


def published_names(given: Sequence[str], bases: Sequence[str]) -> list[str]:
    """The names of some files in outputs, all different, by the names that they were given.

    `bases`: for each the folder in which it was found, as given. Absolute paths become relative to
    the common folder of all, or to their own one if that is the root of the file system.

    >>> published_names(["/srv/raw/a.jsonl", "/srv/b.jsonl"], ["/srv/raw", "/srv"])
    ['raw/a.jsonl', 'b.jsonl']
    >>> published_names(["a.jsonl", "/srv/a.jsonl"], [".", "/srv"])
    ['a.jsonl', 'srv/a.jsonl']
    """
    paths = [local_path(name) for name in given]
    folders = [local_path(base) for base in bases]
    absolute = [f for f, path in zip(folders, paths, strict=True) if f is not None and path]
    common = _common(absolute)
    taken = {name for name, path in zip(given, paths, strict=True) if path is None}
    names = []
    for name, path, folder in zip(given, paths, folders, strict=True):
        if path is None:
            names.append(_without_local_parts(name))
        else:
            relative = os.path.relpath(path, common or folder)
            names.append(_distinct(path, PurePath(relative), taken))
            taken.add(names[-1])
    return names


def name_below(root: str, given: str, *, is_source: bool = True) -> str:
    """The name of a file relative to `root`, a folder of this machine or a URL.

    Raises UsageError for a source outside of `root`; of a file that is no source the last part is
    returned.

    >>> name_below("/srv/raw", "/srv/raw/de/a.jsonl"), name_below("s3://b/raw/", "s3://b/raw/a.csv")
    ('de/a.jsonl', 'a.csv')
    """
    *inside, place = given.split("::")
    below = _below(without_credentials(root), place)
    if below is not None:
        end = "/" if given.endswith("/") else ""
        return "::".join([*inside, below]) + end
    if not is_source:
        return without_folders(given.rstrip("/")) + given[len(given.rstrip("/")) :]
    raise UsageError(
        f"{given} does not lie in {without_credentials(root)}: give --source-root a folder or a "
        "URL that holds every source, or leave it out"
    )


def _below(root: str, place: str) -> str | None:
    """The path from `root` to a place; None if it does not lie in it."""
    if is_url(place) and local_path(place) is None:
        start = f"{root.rstrip('/')}/"
        return place.removeprefix(start) if place.startswith(start) and place != start else None
    if place.startswith(_SYSTEM):
        return place
    if is_url(root) and local_path(root) is None:
        return None
    path, folder = (os.path.abspath(local_path(name) or name) for name in (place, root))  # noqa: PTH100
    for resolved in (os.path.normpath, os.path.realpath):  # a link may have led there
        relative = PurePath(os.path.relpath(resolved(path), resolved(folder)))
        if relative.parts[:1] not in ((), ("..",)):
            return relative.as_posix()
    return None


def local_path(name: str) -> str | None:
    """The absolute path of a file on this machine, given as such or as a `file://` URL; else None.

    >>> local_path("file:///srv/a.jsonl"), local_path("/srv/x/../a.jsonl"), local_path("a.jsonl")
    ('/srv/a.jsonl', '/srv/a.jsonl', None)
    """
    if is_url(name):
        scheme, _, path = name.partition("://")
        is_local = scheme.lower() in ("file", "local") and "::" not in name
        return os.path.normpath(path) if is_local else None
    is_named = PurePath(name).is_absolute() and not name.startswith(_SYSTEM)
    return os.path.normpath(name) if is_named else None


def _common(folders: Sequence[str]) -> str | None:
    """The common folder of all; None if it is the root, or there is none."""
    try:
        common = os.path.commonpath(folders)
    except ValueError:  # no folder, or several drives
        return None
    return None if Path(common) == Path(Path(common).anchor) else common


def _distinct(path: str, relative: PurePath, taken: set[str]) -> str:
    """The end of a path from `relative` on, with as many folders before as make it a new name."""
    parts, least = PurePath(path).parts[1:], len(relative.parts)
    ends = ("/".join(parts[-length:]) for length in range(least, len(parts) + 1))
    numbered = (f"{relative.as_posix()} ({number})" for number in range(2, len(taken) + 3))
    return next(name for name in (*ends, *numbered) if name not in taken)


def _without_local_parts(name: str) -> str:
    """A URL of a file in an archive, without the folders of an archive on this machine."""
    return "::".join(map(without_folders, name.split("::"))) if "::" in name else name
