"""Cutting record batches again, independently of how they were read.

Batches arrive by blocks of the source, with dropped rows removed; written like that, the bytes of a
file would depend on the blocks. Here they are cut again by rows and bytes, and copied, since
otherwise the unused bits of a slice would be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.records.arrays import Ints


def rebatched(
    batches: Iterable[pa.RecordBatch], *, max_rows: int, max_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at most `max_rows` rows and `max_bytes` bytes in memory.

    A row larger than `max_bytes` is a batch of its own. The cuts depend on the rows only, not on
    the input batches. Memory holds at most one batch and one input batch.
    """
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        ends = np.cumsum(row_bytes(batch))
        start = 0
        while start < batch.num_rows:
            before = int(ends[start - 1]) if start else 0
            stop = int(np.searchsorted(ends, before + max_bytes - size, side="right"))
            stop = min(stop, start + max_rows - rows)
            if not held:
                stop = max(stop, start + 1)
            if stop > start:
                held.append(batch.slice(start, stop - start))
                rows, size = rows + stop - start, size + int(ends[stop - 1]) - before
            start = stop
            if start < batch.num_rows or rows == max_rows:
                yield pa.concat_batches(held)
                held, rows, size = [], 0, 0
    if held:
        yield pa.concat_batches(held)


def row_bytes(batch: pa.RecordBatch) -> Ints:
    """The bytes (n) of each row in memory, without validity bitmaps."""
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        total += _sizes(column)
    return total


def _sizes(array: pa.Array) -> Ints:
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _sizes(array.storage)
    if pa.types.is_struct(kind):
        children = [_sizes(child) for child in array.flatten()]
        return np.asarray(np.sum(children, axis=0), np.int64)
    if pa.types.is_list(kind):
        offsets = array.offsets.to_numpy()
        ends = np.concatenate(([0], np.cumsum(_sizes(array.flatten()))))
        return np.asarray(np.diff(ends[offsets - offsets[0]]) + 4, np.int64)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        lengths = pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False)
        return np.asarray(lengths, np.int64) + 4
    # eight booleans share a byte
    width = 1 if pa.types.is_boolean(kind) else kind.byte_width
    return np.full(len(array), width, np.int64)
