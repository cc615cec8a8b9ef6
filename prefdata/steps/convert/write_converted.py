"""Writing a converted dataset (without splits) as one file or as a folder of shards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count, groupby
from pathlib import Path

import pyarrow as pa

from prefdata.io.files.atomic import WrittenFile
from prefdata.io.writers.arrow_out import (
    BATCH_BYTES,
    BATCH_ROWS,
    arrow_shard_name,
    write_arrow_shard,
    write_dataset_dict,
    write_split_state,
)
from prefdata.io.writers.parquet_out import parquet_shard_name, write_parquet_shard
from prefdata.io.writers.rebatch import rebatched, row_bytes
from prefdata.io.writers.text_out import write_csv, write_jsonl
from prefdata.results.conversion import Target

Batches = Iterable[pa.RecordBatch]

SPLIT = "train"
"""The split of all rows, since loaders require a named split."""

_UNNUMBERED = "rows-{:05d}.part"


def write_file(path: Path, to: Target, batches: Batches, schema: pa.Schema) -> WrittenFile:
    """Writes all rows as one file; raises OutputError."""
    if to == "jsonl":
        return write_jsonl(path, batches)
    if to == "csv":
        return write_csv(path, batches, schema)
    return write_parquet_shard(path, batches, schema)


def write_folder(
    folder: Path,
    to: Target,
    batches: Batches,
    schema: pa.Schema,
    *,
    max_bytes: int,
    fingerprint: Callable[[list[WrittenFile]], str],
) -> list[WrittenFile]:
    """Writes all rows as shards of at most `max_bytes` bytes, with the metadata that loaders need.

    Arrow: a DatasetDict for `datasets.load_from_disk`; Parquet: files for `load_dataset`.
    `fingerprint(shards)` names the dataset. Raises OutputError.
    """
    write = write_arrow_shard if to == "arrow" else write_parquet_shard
    shards = [
        write(folder / _UNNUMBERED.format(number), part, schema)
        for number, part in _parts(batches, max_bytes)
    ] or [write(folder / _UNNUMBERED.format(0), (), schema)]
    name = arrow_shard_name if to == "arrow" else parquet_shard_name
    names = [name(SPLIT, number, len(shards)) for number in range(len(shards))]
    named = [_moved(shard, folder / name) for shard, name in zip(shards, names, strict=True)]
    if to != "arrow":
        return named
    beside = write_split_state(folder, SPLIT, names, schema, fingerprint=fingerprint(named))
    return [*named, *beside, write_dataset_dict(folder, [SPLIT])]


def _parts(batches: Batches, max_bytes: int) -> Iterator[tuple[int, Batches]]:
    """(number, batches) of each shard; batches must be consumed before the next shard."""
    small = rebatched(batches, max_rows=BATCH_ROWS, max_bytes=min(BATCH_BYTES, max_bytes))
    for number, group in groupby(_numbered(small, max_bytes), key=lambda item: item[0]):
        yield number, (batch for _, batch in group)


def _numbered(batches: Batches, max_bytes: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    numbers = count()
    number, size = next(numbers), 0
    for batch in batches:
        more = int(row_bytes(batch).sum())
        if size and size + more > max_bytes:
            number, size = next(numbers), 0
        size += more
        yield number, batch


def _moved(shard: WrittenFile, path: Path) -> WrittenFile:
    # Each name contains the number of shards, which is known only after the last one.
    path.parent.mkdir(exist_ok=True)
    shard.path.rename(path)
    return WrittenFile(path, shard.bytes, shard.sha256, shard.rows)
