"""Reading one data file of an output folder into record shards: the work of one process."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.config.section import MIB
from prefdata.errors import IntegrityError
from prefdata.io.bytes.books import Content
from prefdata.io.files.shards import (
    QUARANTINE_SCHEMA,
    REMARKS_SCHEMA,
    Part,
    Written,
    read_table,
    write_table,
)
from prefdata.records.columns import RECORD_SCHEMA
from prefdata.results.manifest import FileEntry
from prefdata.steps.once import once
from prefdata.transforms.convert.read_back import read_back, without_images

EXPECTED_SCHEMA = pa.schema([("source", pa.string()), ("source_row", pa.int64())])
"""The columns of the ledger that are compared with the rows of a file, in order."""

SHARD_BYTES = 32 * MIB
"""The size of a record shard in memory, in bytes."""

_BATCH_ROWS = 1000


@dataclass(frozen=True)
class OutputFile:
    """A data file; `expected`: a table of the rows that it holds according to the ledger; `names`:
    of all sources, by number."""

    out: Path
    entry: FileEntry
    expected: Path
    names: tuple[str, ...]

    @property
    def stem(self) -> str:
        """The prefix of the names of its shards."""
        return self.expected.stem


def check_file(out: Path, entry: FileEntry) -> None:
    """Raises IntegrityError if a file differs from its entry in the manifest."""
    try:
        with (out / entry.path).open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise IntegrityError(
            f"{out}: {entry.path} cannot be read ({error.strerror}), but the manifest names it. "
            "Build the dataset again."
        ) from error
    if checksum != entry.sha256:
        raise IntegrityError(
            f"{out}: {entry.path} is not the file that the manifest names: its bytes were changed. "
            "Run `prefdata verify` to see all that was, and build the dataset again."
        )


def read_file(task: OutputFile, folder: Path) -> list[Written]:
    """Writes the rows of a file as record shards.

    Raises IntegrityError if they are not the expected rows.
    """
    mark = folder / f"{task.stem}.json"
    return once(mark, list[Written], lambda: list(_write_shards(task, folder)))


def _write_shards(task: OutputFile, folder: Path) -> Iterator[Written]:
    check_file(task.out, task.entry)
    expected = pa.Table.from_batches(read_table(task.expected), EXPECTED_SCHEMA)
    numbers = {name: number for number, name in enumerate(task.names)}
    filling = _Filling(folder, task.stem, numbers)
    read = 0
    for batch in _batches(task.out / task.entry.path):
        _compare(batch, expected.slice(read, len(batch)), task)
        _refuse_unknown(batch, task)
        read += len(batch)
        yield from filling.take(batch)
    if read != len(expected):
        raise _unfitting(task, f"it holds {read:,} rows, the ledger says {len(expected):,}")
    yield from filling.flush()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            names = without_images(file.schema_arrow.names)
            yield from file.iter_batches(_BATCH_ROWS, columns=names)
    else:
        with pa.memory_map(str(path)) as source:
            yield from pa.ipc.open_stream(source)


def _compare(batch: pa.RecordBatch, expected: pa.Table, task: OutputFile) -> None:
    """Raises IntegrityError if the rows of a batch are not those of the ledger."""
    rows = pa.Table.from_batches([batch.select(EXPECTED_SCHEMA.names)]).cast(EXPECTED_SCHEMA)
    if rows.equals(expected):
        return
    lines = itertools.zip_longest(
        *(map(_line_text, table.to_pylist()) for table in (rows, expected))
    )
    one, other = next(pair for pair in lines if pair[0] != pair[1])
    raise _unfitting(task, f"it holds {one or 'nothing'} where the ledger has {other or 'nothing'}")


def _refuse_unknown(batch: pa.RecordBatch, task: OutputFile) -> None:
    """Raises IntegrityError if a row is of a source that the manifest does not name."""
    named = set(batch.column("source").cast(pa.string()).unique().to_pylist())
    if unknown := sorted(named - set(task.names)):
        raise _unfitting(task, f"{unknown[0]} is no source of the manifest")


def _line_text(line: dict[str, object]) -> str:
    return f"{line['source']} row {line['source_row']}"


def _unfitting(task: OutputFile, what: str) -> IntegrityError:
    return IntegrityError(
        f"{task.out}: {task.entry.path} and the ledger do not fit: {what}. "
        "Run `prefdata verify`, and build the dataset again."
    )


@dataclass
class _Filling:
    """Collects rows into shards of several sources. `numbers`: name to number of each source."""

    folder: Path
    stem: str
    numbers: Mapping[str, int]
    held: list[pa.RecordBatch] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    rows: int = 0
    shards: int = 0

    def take(self, batch: pa.RecordBatch) -> Iterator[Written]:
        """Adds rows; yields the shard that is complete by then."""
        sources = batch.column("source").cast(pa.string())
        for start, stop in _runs(sources):
            source = self.numbers[sources[start].as_py()]
            if not self.parts or self.parts[-1].source != source:
                self.parts.append(Part(source))
            self.parts[-1].add(stop - start, stop - start, 0, Content())
        self.held.append(read_back(batch, np.arange(self.rows, self.rows + len(batch))))
        self.rows += len(batch)
        if sum(each.nbytes for each in self.held) >= SHARD_BYTES:
            yield from self.flush()

    def flush(self) -> Iterator[Written]:
        """Writes the collected rows as a shard, if there are any."""
        if not self.rows:
            return
        stem = f"{self.stem}-{self.shards:03d}"
        write_table(self.folder / f"{stem}.records.arrow", self.held, RECORD_SCHEMA)
        write_table(self.folder / f"{stem}.quarantine.arrow", [], QUARANTINE_SCHEMA)
        write_table(self.folder / f"{stem}.remarks.arrow", [], REMARKS_SCHEMA)
        yield Written(stem, self.rows, self.rows, 0, 0, self.rows, parts=tuple(self.parts))
        self.held, self.parts, self.rows, self.shards = [], [], 0, self.shards + 1


def _runs(sources: pa.StringArray) -> Iterator[tuple[int, int]]:
    """(start, stop) of each run of consecutive rows with the same source."""
    codes = sources.dictionary_encode().indices.to_numpy()
    borders = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    return ((a, b) for a, b in itertools.pairwise(borders) if a < b)
