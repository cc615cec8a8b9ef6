"""Compares the files of a folder with its manifest, byte by byte and row by row."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.errors import DataError
from prefdata.io.targets.changes import (
    folder_of,
)
from prefdata.results.collection import CollectionManifest
from prefdata.results.layout import CARD, MANIFEST, MANIFEST_CHECKSUM
from prefdata.results.manifest import FileEntry, Manifest


def file_problems(root: Path, manifest: Manifest | CollectionManifest) -> Iterator[str]:
    """What is wrong with the files of an output folder, or of a published copy.

    An output folder holds nothing but what the manifest names: no other file, no folder that is
    empty, no link. In a copy there may be other files (a licence, files of the Hub's client), but
    not in the folders that are published.
    """
    dataset = manifest if isinstance(manifest, Manifest) else None
    left_out = None if dataset is None else dataset.left_out
    named = {entry.path for entry in manifest.files} | {MANIFEST, MANIFEST_CHECKSUM}
    if dataset is not None and dataset.card is not None:
        named.add(CARD)
    for path in _names(root):
        is_free = left_out is not None and folder_of(path.rstrip("/")) is None
        if path not in named and not is_free:
            kind = "an empty folder, " if path.endswith("/") else ""
            yield f"{path}: {kind}not named in {MANIFEST}{_why(path, left_out)}"
    for path in sorted({MANIFEST, MANIFEST_CHECKSUM, CARD} & named):
        if _is_elsewhere(root, path):
            yield f"{path}: a link to somewhere else"
    sheets = {} if dataset is None else dataset.sheets
    for entry in manifest.files:
        try:
            yield from _file(root, entry, sheets.get(entry.path))
        except OSError as error:
            yield f"{entry.path}: cannot be read: {error.strerror or error}"


def _why(path: str, left_out: tuple[str, ...] | None) -> str:
    folder = folder_of(path)
    is_left_out = folder in (left_out or ())
    return f", which says that {folder} was left out" if is_left_out else ""


def _names(root: Path) -> list[str]:
    """Paths of all files and, with a slash at the end, of empty folders; a link is a file."""
    found = []
    for folder, folders, names in os.walk(root):
        place = Path(folder)
        links = [name for name in folders if (place / name).is_symlink()]
        found += [(place / name).relative_to(root).as_posix() for name in (*names, *links)]
        if not names and not folders and place != root:
            found.append(f"{place.relative_to(root).as_posix()}/")
    return sorted(found)


def _file(root: Path, entry: FileEntry, unanswered: str | None) -> Iterator[str]:
    """What is wrong with a file; `unanswered`: the checksum of a sheet without its answers."""
    path = root / entry.path
    if not _is_inside(root, entry.path):
        yield f"{entry.path}: outside the output folder"
    elif not path.is_file():
        yield f"{entry.path}: missing"
    elif _is_elsewhere(root, entry.path):
        yield f"{entry.path}: a link to somewhere else"
    elif unanswered is not None and _sha256(path) != entry.sha256:
        yield from _filled(path, entry.path, unanswered)
    elif (size := path.stat().st_size) != entry.bytes:
        yield f"{entry.path}: {size} bytes, but {MANIFEST} says {entry.bytes}"
    elif _sha256(path) != entry.sha256:
        yield f"{entry.path}: the checksum differs; its bytes were changed"
    elif entry.rows is not None:
        yield from _other_rows(path, entry)


def _filled(path: Path, name: str, unanswered: str) -> Iterator[str]:
    """What is wrong with a sheet that is not as it was written: people may answer in it."""
    from prefdata.io.review.answers import read_answers
    from prefdata.io.review.unanswered import unanswered_sha256

    try:
        answers = read_answers(path)
        if unanswered_sha256(path) != unanswered:
            yield (
                f"{name}: more was changed in it than people's columns (better, decision, note): "
                "a text, a source, a key, or rows"
            )
        elif not answers.decided:
            yield f"{name}: its bytes were changed, and it holds no answer"
    except DataError as error:
        yield f"{name}: {error}"


def _other_rows(path: Path, entry: FileEntry) -> Iterator[str]:
    try:
        rows = _rows(path)
    except (OSError, pa.ArrowException) as error:  # only with a forged manifest
        yield f"{entry.path}: cannot be read: {error}"
    else:
        if rows not in (None, entry.rows):
            yield f"{entry.path}: {rows} rows, but {MANIFEST} says {entry.rows}"


def _is_inside(root: Path, name: str) -> bool:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\0" in name:
        return False
    real = (root / name).resolve()
    return real.is_relative_to(root.resolve()) or _is_blob(root, real)


def _is_elsewhere(root: Path, name: str) -> bool:
    """Whether a link stands in a path, other than those of the cache of the Hub's client."""
    real = (root / name).resolve()
    return real != root.resolve() / name and not _is_blob(root, real)


def _is_blob(root: Path, real: Path) -> bool:
    """Whether this is a blob beside a snapshot: in the Hub's cache a snapshot is links to blobs."""
    snapshot = root.resolve()
    blobs = snapshot.parent.parent / "blobs"
    return snapshot.parent.name == "snapshots" and real.is_relative_to(blobs)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(path: Path) -> int | None:
    """The number of rows in a file, counted from the file itself; None for kinds without rows."""
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".arrow":
        with pa.memory_map(str(path)) as source:
            return sum(int(batch.num_rows) for batch in pa.ipc.open_stream(source))
    if path.suffix == ".jsonl":
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return None
