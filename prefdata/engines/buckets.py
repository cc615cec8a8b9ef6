"""Grouping rows by key through bucket files, so that memory does not grow with the input."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.ipc


def bucket_count(tables: Sequence[Path], rows_in_memory: int) -> int:
    """The number of buckets for which each has about `rows_in_memory` rows."""
    total = sum(_rows(table) for table in tables)
    return max(1, -(-total // rows_in_memory))


def scatter(plan: tuple[Path, str, int, Path]) -> Path:
    """Divides one table into bucket files by its key column (binary); returns their folder.

    `plan`: (table, key column, number of buckets, folder to write). The folder is renamed at the
    end, so that an existing one is complete.
    """
    table, by, count, folder = plan
    if folder.exists():
        return folder
    partial = folder.with_name(f"{folder.name}.tmp-{os.getpid()}")
    partial.mkdir(parents=True, exist_ok=True)
    rows = _read(table)
    buckets = _bucket_of(rows.column(by), count)
    for bucket in range(count):
        chosen = rows.filter(pa.array(buckets == bucket))
        with pa.ipc.new_file(partial / f"{bucket:05d}.arrow", rows.schema) as sink:
            sink.write_table(chosen)
    partial.rename(folder)
    return folder


def gather(files: Sequence[Path]) -> pl.DataFrame:
    """The rows of several tables as one frame, in order."""
    frame = pl.from_arrow(pa.concat_tables([_read(file) for file in files]))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _bucket_of(keys: pa.ChunkedArray, count: int) -> np.ndarray:
    # keys are hashes of 16 bytes: the first eight, as a number, are evenly distributed
    leading = [_words(chunk)[::2] for chunk in keys.chunks]
    return np.concatenate(leading, dtype=np.uint64) % np.uint64(count) if leading else np.zeros(0)


def _words(keys: pa.FixedSizeBinaryArray) -> np.ndarray:
    words = np.frombuffer(keys.buffers()[1], np.uint64) if len(keys) else np.zeros(0, np.uint64)
    return words[2 * keys.offset : 2 * (keys.offset + len(keys))]


def _read(table: Path) -> pa.Table:
    with pa.memory_map(str(table)) as source:
        return pa.ipc.open_file(source).read_all()


def _rows(table: Path) -> int:
    with pa.memory_map(str(table)) as source:
        reader = pa.ipc.open_file(source)
        return sum(reader.get_batch(i).num_rows for i in range(reader.num_record_batches))
