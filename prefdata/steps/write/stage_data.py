"""Step: converts the shards and the ledger of an output folder to their published form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from prefdata.engines.engine import Engine
from prefdata.errors import IntegrityError
from prefdata.io.files.atomic import flush_to_disk
from prefdata.io.writers.parquet_out import parquet_shard_name, write_parquet_shard
from prefdata.results.layout import DATA, LEDGER, MARKS, lies_in
from prefdata.results.ledger import LEDGER_SCHEMA
from prefdata.steps.once import once
from prefdata.steps.write.write_data import Entry, entry
from prefdata.steps.write.write_ledger import write_book

_ARROW = re.compile(rf"{DATA}/([a-z]+)/data-(\d+)-of-(\d+)\.arrow")


@dataclass(frozen=True)
class Staging:
    """A file `name` of the output folder `out`, to be written as `published` under `folder`.

    `names`: for a ledger, the name in `out` to the published name of every shard.
    """

    out: Path
    name: str
    published: str
    folder: Path
    names: Mapping[str, str]


def published_name(path: str) -> str:
    """The published name of a file of an output folder: Arrow shards become Parquet ones.

    >>> published_name("data/train/data-00000-of-00002.arrow")
    'data/train-00000-of-00002.parquet'
    """
    match = _ARROW.fullmatch(path)
    if match is None:
        return path
    split, number, count = match.groups()
    return parquet_shard_name(split, int(number), int(count))


def stage_data(engine: Engine, files: Sequence[Staging]) -> Iterator[Entry]:
    """Writes files in their published form; finished files of an earlier run are reused.

    The bytes equal those that a build to Parquet writes for the same rows.
    """
    return engine.map(_staged, files)


def _staged(file: Staging) -> Entry:
    mark = file.folder / MARKS / f"{file.published.replace('/', '-')}.json"
    make = _ledger if lies_in(file.name, LEDGER) else _shard
    return once(mark, Entry, partial(make, file))


def _shard(file: Staging) -> Entry:
    with pa.memory_map(str(file.out / file.name)) as source:
        batches = pa.ipc.open_stream(source)
        path = file.folder / file.published
        return entry(file.folder, write_parquet_shard(path, batches, batches.schema))


def _ledger(file: Staging) -> Entry:
    with pq.ParquetFile(file.out / file.name) as ledger:
        groups = (ledger.read_row_group(number) for number in range(ledger.num_row_groups))
        lines = (_renamed(group, file).combine_chunks().cast(LEDGER_SCHEMA) for group in groups)
        batches = (batch for table in lines for batch in table.to_batches())
        made = write_book(file.folder, file.published, LEDGER_SCHEMA, batches)
    flush_to_disk(file.folder / file.published)
    return made


def _renamed(lines: pa.Table, file: Staging) -> pa.Table:
    """The ledger with the published names of files."""
    column = lines.column("file")
    places = pc.index_in(column, pa.array(list(file.names), pa.string()))
    if places.null_count != column.null_count:
        raise IntegrityError(
            f"{file.out / file.name} says that rows went to a file that the manifest does not "
            "name. Run `prefdata verify`, and build the dataset again."
        )
    published = pa.array(list(file.names.values()), pa.string()).take(places)
    return lines.set_column(lines.schema.get_field_index("file"), "file", published)
