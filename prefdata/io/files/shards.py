"""Record shards: the rows of a run, written once while reading and never changed.

A shard is three Arrow IPC files, `STEM.records.arrow`, `STEM.quarantine.arrow` (rows without a
record) and `STEM.remarks.arrow` (findings that only the reader can make), and where pairs were made
from judgements a fourth one, `STEM.spoken.arrow`. Their row numbers count from the start of the
shard; the number of rows before it is known only when all sources are read. `Shard` holds that
number, and readers add it. The bytes of pictures stand in a file of their own (`pictures`), one for
all shards that were read together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from prefdata.io.bytes.books import Content
from prefdata.io.files.atomic import atomic_file
from prefdata.records.arrays import Ints

QUARANTINE_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source_row", pa.int64()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("raw", pa.binary()),
        ("sentence", pa.string()),
    ]
)
"""`sentence`: code and values of the evidence as JSON, where it is a sentence in two languages."""

SPOKEN_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.int64()),
        ("source_row", pa.int64()),
        ("judge", pa.string()),
        ("said", pa.string()),
    ]
)
"""The rows that speak in pairs: `row` of the pair, then where the row stands. `said`: what its
judge said of the two completions, as JSON."""

REMARKS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("code", pa.string()),
        ("evidence", pa.string()),
        ("sentence", pa.string()),
    ]
)


class Part(msgspec.Struct):
    """What a shard holds of one source: `rows` of the run, made of `read` rows of the source."""

    source: int
    rows: int = 0
    read: int = 0
    quarantined: int = 0
    content: Content = msgspec.field(default_factory=Content)

    def add(self, rows: int, read: int, quarantined: int, content: Content) -> None:
        """Adds some rows that follow."""
        self.rows += rows
        self.read += read
        self.quarantined += quarantined
        self.content.add(content)


@dataclass(frozen=True)
class Written:
    """The content of one shard: `rows` of the run, from `lines` of the source.

    `rows` = `records` + `quarantined` + `unpaired` (judgements that make no pair). `read`: rows of
    the source, other than `rows` where these are judgements. `spoken`: lines of `SPOKEN_SCHEMA`.
    `judges`: how many are named in judgements that were put together; told by the first shard only.
    `parts`: for a shard of several small sources, in order, what it holds of each;
    then `lines` is 0, since the lines of each count from its own start.
    `content`: what these rows, and the structure between them, take of the source.
    """

    stem: str
    rows: int
    records: int
    quarantined: int
    lines: int
    read: int
    unpaired: int = 0
    spoken: int = 0
    judges: int = 0
    parts: tuple[Part, ...] = ()
    content: Content = field(default_factory=Content)


@dataclass(frozen=True)
class Shard:
    """A shard and its position in the run. `source`: of its first rows; see `parts`."""

    folder: Path
    written: Written
    number: int
    source: int
    first_row: int
    first_line: int

    @property
    def rows(self) -> range:
        """The row numbers of the shard in the run."""
        return range(self.first_row, self.first_row + self.written.rows)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the shard holds of each of its sources, in order."""
        written = self.written
        whole = Part(self.source, written.rows, written.read, written.quarantined, written.content)
        return written.parts or (whole,)

    def sources_of(self, rows: Ints) -> Ints:
        """The source of each of some rows of the shard, given by their numbers in the run."""
        sources = np.asarray([part.source for part in self.parts], np.int64)
        return sources[self.parts_of(rows)]

    def names_of(self, rows: Ints, names: Sequence[str]) -> pa.Array:
        """The name of the source of each of some rows."""
        if not self.written.parts:
            return pa.repeat(names[self.source], len(rows))
        of_parts = pa.array([names[part.source] for part in self.parts], pa.string())
        return of_parts.take(pa.array(self.parts_of(rows)))

    def name_of(self, row: int, names: Sequence[str]) -> str:
        """The name of the source of one row."""
        return names[int(self.sources_of(np.asarray([row]))[0])]

    def parts_of(self, rows: Ints) -> Ints:
        """The position in `parts` of the source of each of some rows."""
        ends = np.cumsum([part.rows for part in self.parts])
        if len(ends) == 1:
            return np.zeros(len(rows), np.int64)
        return np.searchsorted(ends, np.asarray(rows) - self.first_row, side="right")

    @property
    def records(self) -> Path:
        return self.folder / f"{self.written.stem}.records.arrow"

    @property
    def remarks(self) -> Path:
        return self.folder / f"{self.written.stem}.remarks.arrow"

    @property
    def quarantine(self) -> Path:
        return self.folder / f"{self.written.stem}.quarantine.arrow"

    @property
    def spoken(self) -> Path:
        return self.folder / f"{self.written.stem}.spoken.arrow"

    @property
    def pictures(self) -> Path:
        """The file of its pictures, which exists if there are any."""
        return pictures_of_group(self.folder, int(self.written.stem.partition("-")[0]))


def pictures_of_group(folder: Path, number: int) -> Path:
    """The file of the pictures of sources that are read together."""
    return folder / f"{number:06d}.pictures.arrow"


def write_table(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    """Writes an Arrow IPC file to the workspace under a temporary name and renames it."""
    with (
        atomic_file(path, checksum=False, durable=False) as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)


def read_table(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The batches of an Arrow IPC file, memory-mapped so that only accessed parts are loaded."""
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            yield batch if columns is None else batch.select(list(columns))


def read_records(shard: Shard) -> Iterator[pa.RecordBatch]:
    """The records of a shard, numbered in the run and in their source."""
    return _placed(shard.records, shard)


def read_quarantine(shard: Shard) -> Iterator[pa.RecordBatch]:
    """The quarantined rows of a shard, numbered in the run and in their source."""
    return _placed(shard.quarantine, shard)


def read_spoken(shard: Shard) -> pa.Table:
    """The rows that speak in the pairs of a shard, numbered in the run and in their source."""
    if not shard.written.spoken:
        return SPOKEN_SCHEMA.empty_table()
    table = pa.Table.from_batches(read_table(shard.spoken), SPOKEN_SCHEMA)
    lines = 0 if shard.written.parts else shard.first_line
    sources = table.column("source")
    if not shard.written.parts:
        sources = pc.add(sources, shard.source)
    columns = [
        pc.add(table.column("row"), shard.first_row),
        sources,
        pc.add(table.column("source_row"), lines),
        *table.columns[3:],
    ]
    return pa.Table.from_arrays(columns, schema=SPOKEN_SCHEMA)


def with_offsets(batch: pa.RecordBatch, rows: int, lines: int) -> pa.RecordBatch:
    """The batch with `rows` and `lines` added to its row numbers."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns["row"] = pc.add(columns["row"], rows)
    columns["source_row"] = pc.add(columns["source_row"], lines)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)


def _placed(path: Path, shard: Shard) -> Iterator[pa.RecordBatch]:
    return (with_offsets(batch, shard.first_row, shard.first_line) for batch in read_table(path))
