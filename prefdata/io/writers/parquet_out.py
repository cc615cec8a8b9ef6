"""Writing Parquet shards for the Hub and its viewer.

    FOLDER/data/train-00000-of-00002.parquet

Row groups fit into memory, pages are indexed, and page boundaries follow the content
(content-defined chunking), so that publishing a changed dataset uploads only what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.io.writers.features import with_features
from prefdata.io.writers.rebatch import rebatched
from prefdata.results.layout import DATA

ROW_GROUP_BYTES = 32 << 20
"""Bytes of a row group in memory; the Hub's viewer asks for less than 100 MB."""

ROW_GROUP_ROWS = 1 << 20

PAGE_BORDERS = {"min_chunk_size": 256 << 10, "max_chunk_size": 1 << 20}
"""Sizes of content-defined pages in bytes, by which the Hub's storage deduplicates."""

_FEW_VALUES = ("role", "from", "source")


def parquet_shard_name(split: str, index: int, count: int) -> str:
    """The path of shard `index` of `count`, relative to the output folder.

    >>> parquet_shard_name("train", 0, 2)
    'data/train-00000-of-00002.parquet'
    """
    return f"{DATA}/{split}-{index:05d}-of-{count:05d}.parquet"


def write_parquet_shard(
    path: Path,
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    row_group_bytes: int = ROW_GROUP_BYTES,
    durable: bool = True,
) -> WrittenFile:
    """Writes one shard in bounded memory; its bytes depend on rows, schema and row group size.

    A row larger than `row_group_bytes` is a row group of its own. Raises OutputError if the disk is
    full or not writable.
    """
    rows = 0
    with (
        atomic_file(path, durable=durable) as file,
        pq.ParquetWriter(
            file,
            with_features(schema),
            compression="zstd",
            # A dictionary of distinct texts would be abandoned half-way through a column.
            use_dictionary=_columns_of_few_values(schema),
            write_page_index=True,
            use_content_defined_chunking=PAGE_BORDERS,
        ) as writer,
    ):
        for batch in rebatched(batches, max_rows=ROW_GROUP_ROWS, max_bytes=row_group_bytes):
            writer.write_batch(batch)
            rows += batch.num_rows
    return file.written(rows=rows)


def _columns_of_few_values(schema: pa.Schema) -> list[str]:
    paths = [path for field in schema for path in _leaf_paths(field.name, field.type)]
    return [path for path in paths if path.rpartition(".")[2] in _FEW_VALUES]


def _leaf_paths(path: str, kind: pa.DataType) -> Iterator[str]:
    if pa.types.is_list(kind):
        yield from _leaf_paths(f"{path}.list.element", kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _leaf_paths(f"{path}.{field.name}", field.type)
    else:
        yield path
