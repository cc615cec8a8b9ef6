"""Reading Parquet and Arrow: rows of typed columns as Python values.

A part of a file is a row group in Parquet, a record batch in Arrow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import RawRow, RowBlock, Segment, Source
from prefdata.io.bytes.streams import BrokenStreamError, decompress, limit_size, refuse_bomb
from prefdata.io.containers.arrow_buffers import expanded_sizes
from prefdata.io.containers.arrow_values import batch_rows
from prefdata.io.containers.csv_header import refuse_columns
from prefdata.records.picture_bytes import Keep, digest

_MOST_ROWS = 4096
_CORRUPT = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError)
"""What pyarrow raises for a corrupt file."""


class _Unread(NamedTuple):
    """Why rows of a part cannot be read, and how many they are, as far as the file says."""

    detail: str
    rows: int = 0


def read_columnar(segment: Segment, config: ReadConfig, keep: Keep = digest) -> Iterator[RowBlock]:
    """The rows of a Parquet or Arrow file, or of some parts of it, in slices of bounded size.

    A part that cannot be read gives one row with the fault `truncated-file`, which stands for all
    rows that the part is said to hold and that were not read. `keep`: takes the bytes of media.
    Raises SourceError for a file with too many columns, or that expands too much.
    """
    number = total = 0
    for batch in _batches(segment, config):
        if isinstance(batch, _Unread):
            fault = ("truncated-file", batch.detail)
            rows = [RawRow(number + 1, b"", fault=fault, size=max(batch.rows, 1))]
            held = max(batch.rows, 1)
        else:
            rows, held = batch_rows(batch, number + 1, keep), batch.num_rows
        number += len(rows)
        total += sum(len(row.raw) for row in rows)
        refuse_bomb(total, segment.source, config)  # a dictionary may hold one text for all rows
        yield RowBlock(rows, number, held)


def part_sizes(source: Source) -> list[int]:
    """The bytes of each part of a Parquet or (approximately) Arrow file; empty if unreadable."""
    try:
        if source.container == "parquet":
            metadata = pq.read_metadata(source.path)
            return _part_bytes(metadata)
        with pa.OSFile(str(source.path)) as file, pa.ipc.open_file(file) as reader:
            count = reader.num_record_batches
            return [source.size // max(count, 1)] * count
    except _CORRUPT:
        return []


def _part_bytes(metadata: pq.FileMetaData) -> list[int]:
    """The bytes of each row group before compression."""
    return [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]


def _batches(segment: Segment, config: ReadConfig) -> Iterator[pa.RecordBatch | _Unread]:
    """Slices of batches, or the reason why a part cannot be read."""
    container = segment.source.container
    try:
        with _opened(segment.source, config) as file:
            if container != "parquet" and segment.start == 0:  # the others come later
                for size in expanded_sizes(file):
                    refuse_bomb(size, segment.source, config)
                file.seek(0)
            if container == "parquet":
                batches = _parquet_batches(file, segment, config)
            elif container == "arrow-file":
                batches = _arrow_batches(file, segment)
            else:
                batches = _arrow_stream(file, segment)
            for batch in batches:
                yield from [batch] if isinstance(batch, _Unread) else _sliced(batch, config)
    except (*_CORRUPT, BrokenStreamError) as error:
        yield _Unread(f"the {container} file cannot be read: {error}")


def _parquet_batches(
    file: pa.NativeFile, segment: Segment, config: ReadConfig
) -> Iterator[pa.RecordBatch | _Unread]:
    metadata = pq.read_metadata(file)
    refuse_columns(metadata.num_columns, segment.source.name)
    refuse_bomb(max(_part_bytes(metadata), default=0), segment.source, config)
    file.seek(0)
    parquet = pq.ParquetFile(
        file, metadata=metadata, page_checksum_verification=True, pre_buffer=False
    )
    stop = parquet.num_row_groups if segment.stop is None else segment.stop
    for part in range(segment.start, stop):
        group = parquet.metadata.row_group(part)
        size = _rows_at_once(group.total_byte_size, group.num_rows, config)
        left, why = group.num_rows, "it holds fewer"
        try:
            for batch in parquet.iter_batches(size, row_groups=[part]):
                left -= batch.num_rows
                yield batch
        except _CORRUPT as error:
            why = str(error)
        if left:
            detail = f"{left:,} of the {group.num_rows:,} rows of row group {part} cannot be read"
            yield _Unread(f"{detail}: {why if left > 0 else 'it holds more'}", left)


def _arrow_stream(file: pa.NativeFile, segment: Segment) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_stream(file)
    refuse_columns(len(reader.schema.names), segment.source.name)
    yield from reader


def _arrow_batches(file: pa.NativeFile, segment: Segment) -> Iterator[pa.RecordBatch | _Unread]:
    reader = pa.ipc.open_file(file)
    refuse_columns(len(reader.schema.names), segment.source.name)
    stop = reader.num_record_batches if segment.stop is None else segment.stop
    for part in range(segment.start, stop):
        try:
            yield reader.get_batch(part)
        except _CORRUPT as error:
            yield _Unread(f"record batch {part} cannot be read: {error}")


def _sliced(batch: pa.RecordBatch, config: ReadConfig) -> Iterator[pa.RecordBatch | _Unread]:
    try:
        batch.validate()  # asking a corrupt batch for its size would crash
    except _CORRUPT as error:
        yield _Unread(f"a record batch is corrupt: {error}", batch.num_rows)
        return
    size = _rows_at_once(batch.nbytes, batch.num_rows, config)
    for start in range(0, batch.num_rows, size):
        yield batch.slice(start, size)


def _rows_at_once(size: int, rows: int, config: ReadConfig) -> int:
    return max(1, min(_MOST_ROWS, rows * config.block_bytes // max(size, 1)))


@contextmanager
def _opened(source: Source, config: ReadConfig) -> Iterator[pa.NativeFile]:
    """The file for pyarrow, which needs random access: decompressed to a copy if necessary."""
    if source.compression == "none":
        with pa.OSFile(
            str(source.path)
        ) as file:  # not memory-mapped: a file that shrinks would crash
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        _decompress(source, config, copy)
        yield pa.PythonFile(copy, mode="r")


def _decompress(source: Source, config: ReadConfig, copy: IO[bytes]) -> None:
    for chunk in limit_size(decompress(source.path, source.compression), source, config):
        copy.write(chunk)
    copy.seek(0)
