"""Finding the source files at the places that a user names."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import xxhash

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.credentials import without_credentials
from prefdata.errors import SourceError
from prefdata.foreign_errors import is_text, printable
from prefdata.io.annotation.header import is_campaign
from prefdata.io.annotation.snapshot import spool_votes
from prefdata.io.bytes.source import Source
from prefdata.io.bytes.spool import is_url, spool_pipe, spool_stdin, spool_url
from prefdata.io.sources.folders import Found, FoundFile, bounds_of, files_in, leads_out
from prefdata.io.sources.in_memory import InMemory, Place
from prefdata.io.sources.names import local_path, name_below, published_names
from prefdata.io.sources.not_read import link_outside, special
from prefdata.io.sources.sniff import sniff
from prefdata.results.not_read import NotRead, summarised

STDIN = "-"
_FINGERPRINT_BYTES = 4 * MIB


class FoundFiles(NamedTuple):
    """The files at some places: to read, and those in folders that are not read."""

    sources: list[Source]
    not_read: list[NotRead]


def find_sources(places: Sequence[Place], *, spool: Path, config: ReadConfig) -> FoundFiles:
    """The files at `places`: files, folders, globs, `-`, named pipes, fsspec URLs, rows in memory.

    In the given order, and by name within a folder or a glob. Pipes, remote files and rows in
    memory are first copied under `spool`. Raises SourceError for a place with nothing to read, and
    for a file that is named twice, since all its rows would be duplicates; UsageError for a file
    outside of `config.source_root`.
    """
    files: dict[tuple[int, int], str] = {}
    found = FoundFiles([], [])
    bases: tuple[list[str], list[str]] = ([], [])
    for number, place in enumerate(places):
        with _reading(str(place)):
            base = _base(place)
            folder = spool / f"{number:03d}"
            for file in _files_at(place, folder, config.follow_links):
                if isinstance(file, NotRead):
                    found.not_read.append(file)
                else:
                    found.sources.append(_source(file, files, folder))
                bases[isinstance(file, NotRead)].append(base)
    if config.source_root is not None:
        return _rooted(found, bases[0], config.source_root)
    return found if config.full_names else _published(found, [*bases[0], *bases[1]])


def _rooted(found: FoundFiles, bases: Sequence[str], root: str) -> FoundFiles:
    """The same files by their names below `root`; what is no file keeps its name. Raises UsageError
    for a file outside of it."""
    return FoundFiles(
        [
            replace(source, name=name_below(root, source.name)) if base else source
            for source, base in zip(found.sources, bases, strict=True)
        ],
        [
            file.model_copy(update={"path": name_below(root, file.path, is_source=False)})
            for file in found.not_read
        ],
    )


def _published(found: FoundFiles, bases: list[str]) -> FoundFiles:
    """The same files by their names in outputs."""
    given = [*(file.name for file in found.sources), *(file.path for file in found.not_read)]
    names = published_names(given, bases)
    if names == given:
        return found
    paths = [
        f"{name}/" if old.endswith("/") else name
        for name, old in zip(names[len(found.sources) :], given[len(found.sources) :], strict=True)
    ]
    return FoundFiles(
        [replace(s, name=name) for s, name in zip(found.sources, names, strict=False)],
        [
            file.model_copy(update={"path": path})
            for file, path in zip(found.not_read, paths, strict=True)
        ],
    )


def _base(place: Place) -> str:
    """The folder that a place names, or that it lies in; "" for what is no file."""
    if isinstance(place, InMemory) or place == STDIN:
        return ""
    path = Path(local_path(place) or place)
    if path.is_dir():
        return str(path)
    return str(path.parent if path.exists() or not glob.has_magic(place) else fixed_part(str(path)))


def has_changed(source: Source) -> bool:
    """Whether the file has changed (size or time) since it was found."""
    try:
        status = source.path.stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (source.size, source.modified)


def _files_at(place: Place, spool: Path, follow: bool) -> Iterable[Found]:
    if isinstance(place, InMemory):
        return [FoundFile(place.name, place.written(spool))]
    if place == STDIN:
        return [FoundFile("stdin", spool_stdin(spool))]
    if is_url(place):
        return _remote_files(place, spool)
    path = Path(place)
    if path.is_dir():
        return _some(place, files_in(path, place.rstrip("/") or place, follow_links=follow))
    if path.exists():
        return [FoundFile(place, _seekable(path, spool))]
    if glob.has_magic(place):
        return _matches(place, follow)
    raise SourceError(
        f"{printable(place)} does not exist: check the path, or quote a pattern with **"
    )


def _some(place: str, found: Iterable[Found]) -> list[Found]:
    """What was found in a folder. Raises SourceError, with what lies there, if nothing is to be
    read."""
    files = list(found)
    if not any(isinstance(file, FoundFile) for file in files):
        others = summarised([file for file in files if isinstance(file, NotRead)])
        raise SourceError(
            f"{place} holds no data files: prefdata looks for .jsonl, .json, .csv, .tsv, .parquet "
            "and .arrow files (plain, .gz, .zst, .bz2 or .xz), also in the folders within"
            + "".join(f"; {sentence}" for sentence in others)
        )
    return files


def _matches(pattern: str, follow: bool) -> Iterator[Found]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - keeps the name as given
    if not matches:
        raise SourceError(f"{pattern} matches nothing: check the pattern")
    files = [match for match in matches if not Path(match).is_dir()]
    bounds = None if follow else bounds_of(fixed_part(pattern))
    if files:
        yield from _some(pattern, (_match(name, bounds) for name in files))
    for match in () if files else matches:
        if bounds is not None and leads_out(Path(match), bounds):
            yield link_outside(match, Path(match))
        else:
            yield from _some(match, files_in(Path(match), match, follow_links=follow))


def _match(name: str, bounds: tuple[str, ...] | None) -> Found:
    path = Path(name)
    if bounds is not None and leads_out(path, bounds):
        return link_outside(name, path)
    # a pipe is waited for where it is named, not where it happens to match
    return FoundFile(name, path) if stat.S_ISREG(path.stat().st_mode) else special(name, path)


def fixed_part(pattern: str) -> Path:
    """The folder of a glob up to its first wildcard.

    >>> fixed_part("raw/2026-*/a/*.jsonl").as_posix(), fixed_part("*.csv").as_posix()
    ('raw', '.')
    """
    parts = Path(pattern).parts
    fixed = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return Path(*parts[:fixed])


def _remote_files(url: str, spool: Path) -> list[Found]:
    copies, is_folder = spool_url(url, spool)
    place = without_credentials(url)
    if not is_folder or not spool.is_dir():
        files: list[Found] = [FoundFile(without_credentials(n), path) for path, n in copies.items()]
        if not files:
            raise SourceError(f"{place} holds no data files: check the place")
        return files
    names = {path: without_credentials(name) for path, name in copies.items()}
    found = _some(place, files_in(spool, place.rstrip("/")))
    return [_named_remotely(file, spool, place, names) for file in found]


def _named_remotely(file: Found, spool: Path, place: str, names: dict[Path, str]) -> Found:
    if isinstance(file, FoundFile):
        return replace(file, name=names[file.path])
    inner = spool / file.path.removeprefix(place.rstrip("/") + "/")
    return file.model_copy(update={"path": names.get(inner, file.path)})


def _seekable(path: Path, spool: Path) -> Path:
    """The path itself, or a copy of its content if it is a pipe."""
    mode = path.stat().st_mode
    return path if stat.S_ISREG(mode) else spool_pipe(path, spool / path.name)


def _usable(path: Path, spool: Path) -> Path:
    """The path itself, or one under `spool`: the votes of a campaign, or a link if libraries could
    not use the name."""
    beside = spool / xxhash.xxh3_64_hexdigest(os.fsencode(path))
    if is_campaign(path):
        return spool_votes(path, beside.with_suffix(".jsonl"))
    if is_text(path):
        return path
    suffixes = "".join(path.suffixes[-2:]).encode("ascii", "ignore").decode()
    link = beside.with_name(beside.name + suffixes)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(path.absolute())
    return link


def _source(file: FoundFile, files: dict[tuple[int, int], str], spool: Path) -> Source:
    """A file with its format. `files`: those so far, since none may be read twice."""
    status = file.path.stat()
    key = (status.st_dev, status.st_ino)
    if key in files:
        raise SourceError(
            f"{files[key]} and {file.name} are the same file, which would be read twice: name it "
            "once"
        )
    files[key] = file.name
    path = _usable(file.path, spool)
    container, compression, encoding, delimiter, _ = file.sniffed or sniff(path)
    status = path.stat()
    return Source(
        name=printable(file.name),
        path=path,
        container=container,
        compression=compression,
        encoding=encoding,
        size=status.st_size,
        modified=status.st_mtime_ns,
        delimiter=delimiter,
        given=file.name,
    )


def fingerprint_of(source: Source) -> str:
    """The 128-bit xxh3 of the bytes on disk (32 hexadecimal digits); reads the whole file."""
    digest = xxhash.xxh3_128()
    buffer = bytearray(_FINGERPRINT_BYTES)
    with _reading(source.name), source.path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()


@contextmanager
def _reading(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = os.strerror(error.errno) if error.errno else str(error)
        where = without_credentials(str(error.filename or place))
        raise SourceError(f"{where} cannot be read: {what}") from error
