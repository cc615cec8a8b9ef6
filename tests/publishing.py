"""Pushes to a target as the pipeline makes them, of files that a test makes up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.push import PushConfig
from prefdata.io.stores.folder_target import FolderState, FolderTarget
from prefdata.io.targets.changes import (
    changes,
)
from prefdata.io.targets.target import Changes, LocalFile, Progress
from prefdata.io.targets.unfinished import parse_manifest
from prefdata.results.layout import (
    CARD,
    MANIFEST,
)
from prefdata.results.manifest import Counts, FileEntry, Manifest

IMPATIENT = PushConfig(patience=0)

FIRST = {
    "data/train-0.parquet": b"train" * 9,
    "data/test-0.parquet": b"test",
    "ledger/part-0.parquet": b"ledger",
    "README.md": b"card",
}
SECOND = {
    "data/train-0.parquet": b"train" * 9,
    "data/train-1.parquet": b"more",
    "data/test-0.parquet": b"TEST",
    "README.md": b"card, rewritten",
}


def quiet(step: str, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass
class Push:
    """One push: `staged` is a folder for its files, which are `contents` and a manifest."""

    target: FolderTarget
    contents: Mapping[str, bytes]
    staged: Path

    def run(self, told: Progress = quiet) -> Changes:
        """All of it; what had to be changed."""
        found, state = self.planned()
        self.target.prepare(state)
        published = self.target.publish(found, state, "a message", told)
        assert self.target.read_back(found, published, told) == len(self.contents) + 1
        return found

    def planned(self) -> tuple[Changes, FolderState]:
        files = self.files()
        state = self.target.state(files)
        there = self.target.read(MANIFEST, state)
        previous = None if there is None else parse_manifest(there)
        return changes(files, state, previous, replace=False), state

    def files(self) -> list[LocalFile]:
        files = [local_file(self.staged, path, text) for path, text in self.contents.items()]
        entries = tuple(
            FileEntry(path=file.path, bytes=file.bytes, sha256=file.sha256)
            for file in files
            if file.path != CARD
        )
        return [*files, local_file(self.staged, MANIFEST, manifest(entries))]


def local_file(folder: Path, path: str, content: bytes) -> LocalFile:
    local = folder / path
    local.parent.mkdir(parents=True, exist_ok=True)
    local.write_bytes(content)
    return LocalFile(path, local, len(content), hashlib.sha256(content).hexdigest())


def manifest(files: tuple[FileEntry, ...]) -> bytes:
    made = Manifest(
        fingerprint="0" * 32,
        versions={},
        config={},
        sources=(),
        counts=Counts(read=0, kept=0, quarantined=0),
        files=files,
    )
    return made.model_dump_json().encode()
