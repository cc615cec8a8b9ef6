"""Finding the source files at the places that a user names."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import xxhash

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.credentials import without_credentials
from prefdata.errors import SourceError
from prefdata.foreign_errors import is_text, printable
from prefdata.io.bytes.source import Source
from prefdata.io.bytes.spool import is_url, spool_pipe, spool_stdin, spool_url
from prefdata.io.sources.folders import files_in
from prefdata.io.sources.sniff import sniff

STDIN = "-"
_FINGERPRINT_BYTES = 4 * MIB

Named = tuple[str, Path]


def find_sources(places: Sequence[str], *, spool: Path, config: ReadConfig) -> list[Source]:
    """The files at `places`: files, folders, globs, `-`, named pipes, fsspec URLs.

    In the given order, and by name within a folder or a glob. Pipes and remote files are first
    copied under `spool`. Raises SourceError for a place with nothing to read, and for a file that
    is named twice, since all its rows would be duplicates.
    """
    del config  # not needed before rows are read
    files: dict[tuple[int, int], str] = {}
    sources = []
    for number, place in enumerate(places):
        with _reading(place):
            folder = spool / f"{number:03d}"
            for given, path in _files_at(place, folder):
                name = printable(given)
                _refuse_repeated(files, name, path)
                sources.append(_source(name, _usable(path, folder)))
    return sources


def has_changed(source: Source) -> bool:
    """Whether the file has changed (size or time) since it was found."""
    try:
        status = source.path.stat()
    except OSError:
        return True
    return (status.st_size, status.st_mtime_ns) != (source.size, source.modified)


def _files_at(place: str, spool: Path) -> Iterable[Named]:
    if place == STDIN:
        return [("stdin", spool_stdin(spool))]
    if is_url(place):
        return _remote_files(place, spool)
    path = Path(place)
    if path.is_dir():
        return _folder_files(place, path)
    if path.exists():
        return [(place, _seekable(path, spool))]
    if glob.has_magic(place):
        return _matches(place, spool)
    raise SourceError(
        f"{printable(place)} does not exist: check the path, or quote a pattern with **"
    )


def _folder_files(place: str, folder: Path) -> list[Named]:
    files = files_in(folder)
    if not files:
        raise SourceError(
            f"{place} holds no data files: prefdata looks for .jsonl, .json, .csv, .tsv, .parquet "
            "and .arrow files (plain, .gz or .zst), also in the folders within"
        )
    return [(f"{place.rstrip('/')}/{path.relative_to(folder).as_posix()}", path) for path in files]


def _matches(pattern: str, spool: Path) -> Iterator[Named]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - keeps the name as given
    files = [match for match in matches if not Path(match).is_dir()]
    if not files and not matches:
        raise SourceError(f"{pattern} matches nothing: check the pattern")
    for match in files:
        yield match, _seekable(Path(match), spool / match.replace("/", "_"))
    if not files:
        for match in matches:
            yield from _folder_files(match, Path(match))


def _remote_files(url: str, spool: Path) -> list[Named]:
    copies, is_folder = spool_url(url, spool)
    files = files_in(spool) if is_folder and spool.is_dir() else list(copies)
    if not files:
        raise SourceError(f"{without_credentials(url)} holds no data files: check the place")
    return [(without_credentials(copies[path]), path) for path in files]


def _seekable(path: Path, spool: Path) -> Path:
    """The path itself, or a copy of its content if it is a pipe."""
    mode = path.stat().st_mode
    return path if stat.S_ISREG(mode) else spool_pipe(path, spool / path.name)


def _usable(path: Path, spool: Path) -> Path:
    """The path itself, or a link to it under `spool` if libraries could not use its name."""
    if is_text(path):
        return path
    suffixes = "".join(path.suffixes[-2:]).encode("ascii", "ignore").decode()
    link = spool / f"{xxhash.xxh3_64_hexdigest(os.fsencode(path))}{suffixes}"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(path.absolute())
    return link


def _refuse_repeated(files: dict[tuple[int, int], str], name: str, path: Path) -> None:
    status = path.stat()
    key = (status.st_dev, status.st_ino)
    if key in files:
        raise SourceError(
            f"{files[key]} and {name} are the same file, which would be read twice: name it once"
        )
    files[key] = name


def _source(name: str, path: Path) -> Source:
    container, compression, encoding, delimiter, _ = sniff(path)
    status = path.stat()
    size, modified = status.st_size, status.st_mtime_ns
    return Source(name, path, container, compression, encoding, size, modified, delimiter)


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
