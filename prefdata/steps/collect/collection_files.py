"""Writes the folder of a collection: rows, the ledger of requests, what was dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from prefdata.io.bytes.source import raw_fields
from prefdata.io.files.atomic import ChecksumFile, WrittenFile, atomic_file
from prefdata.results.collection import RequestLine
from prefdata.results.layout import DATA, DROPPED, QUARANTINE, REQUESTS
from prefdata.results.manifest import FileEntry

SHARD_BYTES = 256 << 20
"""A shard of rows ends when it has so many bytes."""

_encode = msgspec.json.Encoder().encode


class CollectionFiles:
    """The files of a folder while they are written. Nothing is there under its name before
    `opened_files` ends."""

    def __init__(self, folder: Path, kind: str, stack: ExitStack) -> None:
        self._folder, self._kind, self._stack = folder, kind, stack
        self._shards = 0
        names = (self._shard, REQUESTS)  # there even if nothing is written to them
        self._open = {name: (self._opened(name), 0) for name in names}

    @property
    def _shard(self) -> str:
        return f"{DATA}/{self._kind}-{self._shards:05d}.jsonl"

    def row(self, row: Any) -> None:
        """Adds a row of the data: a value that is written as one JSON object."""
        if self._line(self._shard, row) >= SHARD_BYTES:
            self._shards += 1

    def request(self, line: RequestLine) -> None:
        """Adds a line of the ledger."""
        self._line(REQUESTS, line)

    def dropped(self, what: str, row: Any) -> None:
        """Adds what is left out, with its reason, to `dropped/WHAT.jsonl`."""
        self._line(f"{DROPPED}/{what}.jsonl", row)

    def quarantine(
        self, source: str, source_row: int, reason: str, evidence: str, raw: bytes
    ) -> None:
        """Adds a row that could not be read, as it stands in its source."""
        row = {"source": source, "source_row": source_row, "reason": reason, "evidence": evidence}
        self._line(f"{QUARANTINE}/quarantine-00000.jsonl", row | raw_fields(raw))

    def _line(self, name: str, value: Any) -> int:
        file, rows = self._open.get(name) or (self._opened(name), 0)
        file.write(_encode(value) + b"\n")
        self._open[name] = file, rows + 1
        return file.bytes

    def _opened(self, name: str) -> ChecksumFile:
        return self._stack.enter_context(atomic_file(self._folder / name, durable=False))

    def entries(self) -> tuple[FileEntry, ...]:
        """What was written, sorted by path."""
        written = (file.written(rows=rows) for file, rows in self._open.values())
        return tuple(sorted((_entry(each, self._folder) for each in written), key=_path))


@contextmanager
def opened_files(folder: Path, kind: str) -> Iterator[CollectionFiles]:
    """The files of a folder, to be written; `kind`: the beginning of the names of data files."""
    with ExitStack() as stack:
        yield CollectionFiles(folder, kind, stack)


def _entry(file: WrittenFile, folder: Path) -> FileEntry:
    name = file.path.relative_to(folder).as_posix()
    return FileEntry(path=name, bytes=file.bytes, sha256=file.sha256, rows=file.rows)


def _path(entry: FileEntry) -> str:
    return entry.path
