"""Parquet and Arrow: rows of typed columns, as Python values.

`part`s are what such files are made of: row groups in Parquet, record batches in Arrow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.config.model import ReadConfig
from prefdata.io.arrow_values import plain_rows
from prefdata.io.source import RawRow, RowBlock, Segment, Source
from prefdata.io.streams import BrokenStreamError, bounded, decompressed

_MOST_ROWS = 4096

UNREADABLE = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, BrokenStreamError)
"""What pyarrow raises when a file is not what it says it is."""

Batches = Iterator[pa.RecordBatch]


def read_columnar(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The rows of a Parquet or Arrow file, or of some parts of it, in slices of bounded size.

    Where a part cannot be read one row stands for it, with the fault `truncated-file`.
    """
    number = 0
    for item in _slices(segment, config):
        rows = [_unreadable(item)] if isinstance(item, str) else plain_rows(item)
        numbered = [msgspec.structs.replace(row, source_row=number + 1 + i) for i, row in enumerate(rows)]
        number += len(rows)
        yield RowBlock(numbered, number)


def part_sizes(source: Source) -> list[int]:
    """Bytes in each part of a Parquet or Arrow file; none if it cannot be read."""
    try:
        if source.container == "parquet":
            metadata = pq.read_metadata(source.path)
            return [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
        with pa.memory_map(str(source.path)) as file, pa.ipc.open_file(file) as reader:
            return [reader.get_batch(i).nbytes for i in range(reader.num_record_batches)]
    except UNREADABLE:
        return []
