"""Compares the files of a folder with its manifest, byte by byte and row by row."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.io.targets.changes import (
    folder_of,
)
from prefdata.results.layout import (
    CARD,
    MANIFEST,
)
from prefdata.results.manifest import FileEntry, Manifest


def file_problems(root: Path, manifest: Manifest) -> Iterator[str]:
    """What is wrong with the files of an output folder, or of a published copy.

    An output folder holds nothing but what the manifest names. In a copy there may be other files
    (a licence, files of the Hub's client), but not in the folders that are published.
    """
    named = {entry.path for entry in manifest.files} | {MANIFEST}
    if manifest.card is not None:
        named.add(CARD)
    for path in _file_names(root):
        if path not in named and (manifest.left_out is None or folder_of(path)):
            yield f"{path}: not named in {MANIFEST}{_why(path, manifest)}"
    for entry in manifest.files:
        yield from _file(root, entry)


def _why(path: str, manifest: Manifest) -> str:
    folder = folder_of(path)
    is_left_out = folder in (manifest.left_out or ())
    return f", which says that {folder} was left out" if is_left_out else ""


def _file_names(root: Path) -> list[str]:
    return sorted(
        Path(folder, name).relative_to(root).as_posix()
        for folder, _, names in os.walk(root)
        for name in names
    )


def _file(root: Path, entry: FileEntry) -> Iterator[str]:
    path = root / entry.path
    if not _is_inside(root, entry.path):
        yield f"{entry.path}: outside the output folder"
    elif not path.is_file():
        yield f"{entry.path}: missing"
    elif (size := path.stat().st_size) != entry.bytes:
        yield f"{entry.path}: {size} bytes, but {MANIFEST} says {entry.bytes}"
    elif _sha256(path) != entry.sha256:
        yield f"{entry.path}: the checksum differs; its bytes were changed"
    elif entry.rows is not None:
        yield from _other_rows(path, entry)


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
    real, places = (root / name).resolve(), [root.resolve()]
    if places[0].parent.name == "snapshots":
        # a snapshot in the cache of the Hub's client consists of links to blobs beside it
        places.append(places[0].parent.parent / "blobs")
    return any(real.is_relative_to(place) for place in places)


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
