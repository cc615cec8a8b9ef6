"""Is an output folder what its manifest says, and do its rows balance?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from prefdata.errors import IntegrityError
from prefdata.io.ledger import missing_representatives, parted_groups, read_counts
from prefdata.pipeline.workspace import MANIFEST
from prefdata.verdicts.model import Counts, FileEntry, Manifest


@dataclass(frozen=True)
class Verification:
    """What was checked, and what does not hold (nothing: the folder is sound)."""

    manifest: Manifest
    problems: tuple[str, ...]


def read_manifest(out: str | Path) -> Manifest:
    """The manifest of an output folder. Raises IntegrityError where there is none, or a bad one."""
    path = Path(out) / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise IntegrityError(
            f"{out} is not a finished output of prefdata: it has no {MANIFEST}. "
            "If a build of it was stopped, run the same build again: it resumes."
        ) from error
    except (ValidationError, OSError) as error:
        raise IntegrityError(f"{path} cannot be read as a manifest: {error}") from error


def verify(out: str | Path) -> Verification:
    """Checks checksums, row counts, the conservation law, and that no group parts.

    Raises IntegrityError only where there is no readable manifest; all else is in `problems`.
    """
    root = Path(out)
    manifest = read_manifest(root)
    problems = [*_law(manifest.counts), *_files(root, manifest)]
    if not problems:  # what cannot be trusted is not read further
        problems += _books(root, manifest)
    return Verification(manifest, tuple(problems))


def _law(counts: Counts) -> Iterator[str]:
    if missing := counts.balance():
        yield f"{MANIFEST}: read = kept + quarantined + dropped does not hold by {missing} rows"
    if sum(counts.splits.values()) != counts.kept:
        yield f"{MANIFEST}: the splits hold {sum(counts.splits.values())} rows, not {counts.kept}"


def _files(root: Path, manifest: Manifest) -> Iterator[str]:
    named = {entry.path for entry in manifest.files}
    for path in _found(root):
        if path not in named and path != MANIFEST:
            yield f"{path}: not named in {MANIFEST}"
    for entry in manifest.files:
        yield from _file(root, entry)


def _found(root: Path) -> list[str]:
    return sorted(
        Path(folder, name).relative_to(root).as_posix()
        for folder, _, names in os.walk(root)
        for name in names
    )


def _file(root: Path, entry: FileEntry) -> Iterator[str]:
    path = root / entry.path
    if not path.resolve().is_relative_to(root.resolve()):
        yield f"{entry.path}: outside the output folder"
    elif not path.is_file():
        yield f"{entry.path}: missing"
    elif (size := path.stat().st_size) != entry.bytes:
        yield f"{entry.path}: {size} bytes, but {MANIFEST} says {entry.bytes}"
    elif _sha256(path) != entry.sha256:
        yield f"{entry.path}: the checksum differs; its bytes were changed"
    elif entry.rows is not None and (rows := _rows(path)) not in (None, entry.rows):
        yield f"{entry.path}: {rows} rows, but {MANIFEST} says {entry.rows}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows(path: Path) -> int | None:
    """Rows in a file of a kind that holds rows, counted from the file itself."""
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".arrow":
        with pa.memory_map(str(path)) as source:
            return sum(int(batch.num_rows) for batch in pa.ipc.open_stream(source))
    if path.suffix == ".jsonl":
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return None


def _books(root: Path, manifest: Manifest) -> Iterator[str]:
    booked = read_counts(root)
    if booked != manifest.counts:
        yield f"ledger: its lines count to {booked}, but {MANIFEST} says {manifest.counts}"
    if parted := parted_groups(root):
        yield f"ledger: groups in more than one split: {', '.join(map(str, parted[:5]))}"
    if orphans := missing_representatives(root):
        yield f"ledger: {orphans} near-duplicates name a row that was not kept"
    for name, rows in (
        ("data", manifest.counts.kept),
        ("dropped", sum(manifest.counts.dropped.values())),
        ("quarantine", manifest.counts.quarantined),
    ):
        held = sum(e.rows or 0 for e in manifest.files if e.path.startswith(f"{name}/"))
        if held != rows:
            yield f"{name}: its files hold {held} rows, but {MANIFEST} says {rows}"
