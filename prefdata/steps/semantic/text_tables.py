"""The texts of the rows of a run: one table per shard, and a number for every distinct text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.arrays import Ints
from prefdata.records.identity import KEY
from prefdata.records.text_columns import TEXT_COLUMNS, Keys, text_columns, text_keys
from prefdata.steps.verdict_tables import Tables

TEXTS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        *((name, KEY) for name in TEXT_COLUMNS),
        *((f"{name}_bytes", pa.int32()) for name in TEXT_COLUMNS),
    ]
)
"""The keys of a row's texts, null for no text, and their sizes in UTF-8 bytes."""


@dataclass(frozen=True)
class Numbered:
    """The distinct texts of a run, numbered in the order in which they first occur.

    `rows` (n): the active rows, ascending. `index` (n, 4): the number of each row's text in each of
    `TEXT_COLUMNS`, -1 for no text. For m distinct texts: `keys` (m, 2), `sizes` (m) in bytes, and
    `firsts` (m): the first occurrence, as 4 * position in `rows` + position in `TEXT_COLUMNS`.
    """

    rows: Ints
    index: npt.NDArray[np.int32]
    keys: Keys
    sizes: npt.NDArray[np.int32]
    firsts: Ints

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class _Task:
    shard: Shard
    verdicts: Tables
    table: Path


def write_text_tables(
    engine: Engine, shards: Sequence[Shard], verdicts: Tables, folder: Path
) -> Iterator[Path]:
    """Writes one table of `TEXTS_SCHEMA` per shard; yields their paths in shard order."""
    tasks = [_Task(shard, verdicts, folder / f"{shard.number:06d}.arrow") for shard in shards]
    return engine.map(_write_table, tasks)


def _write_table(task: _Task) -> Path:
    if not task.table.exists():
        write_table(task.table, map(_keyed, task.verdicts.active(task.shard)), TEXTS_SCHEMA)
    return task.table


def _keyed(batch: pa.RecordBatch) -> pa.RecordBatch:
    texts = text_columns(batch)
    keys = {name: text_keys(column) for name, column in texts.items()}
    sizes = [pc.fill_null(pc.binary_length(column), 0) for column in texts.values()]
    keyed = [_key_column(keys[name], column.is_null()) for name, column in texts.items()]
    return pa.RecordBatch.from_arrays([batch.column("row"), *keyed, *sizes], schema=TEXTS_SCHEMA)


def _key_column(keys: Keys, has_none: pa.BooleanArray) -> pa.FixedSizeBinaryArray:
    raw = pa.py_buffer(keys.astype(">u8").tobytes())
    column = pa.FixedSizeBinaryArray.from_buffers(KEY, len(keys), [None, raw])
    return pc.if_else(has_none, pa.scalar(None, KEY), column) if has_none.true_count else column


def number_texts(tables: Sequence[Path]) -> Numbered:
    """Numbers the distinct texts of all tables in the order in which they first occur."""
    rows = [batch.column("row").to_numpy() for table in tables for batch in read_table(table)]
    shape = (sum(map(len, rows)), len(TEXT_COLUMNS))
    keys = np.empty((*shape, 2), np.uint64)
    has_text, sizes = np.empty(shape, np.bool_), np.empty(shape, np.int32)
    start = 0
    for batch in (batch for table in tables for batch in read_table(table)):
        here = slice(start, start + len(batch))
        for column, name in enumerate(TEXT_COLUMNS):
            keys[here, column] = _keys(batch.column(name))
            has_text[here, column] = np.asarray(batch.column(name).is_valid())
            sizes[here, column] = batch.column(f"{name}_bytes").to_numpy()
        start = here.stop
    keys = keys.reshape(-1, 2) if has_text.all() else keys[has_text]
    firsts, numbers = first_occurrences(keys)
    index = np.full(shape, -1, np.int32)
    index[has_text] = numbers
    places = np.flatnonzero(has_text)[firsts]
    numbers_of_rows = np.concatenate([np.zeros(0, np.int64), *rows])
    return Numbered(numbers_of_rows, index, keys[firsts], sizes.reshape(-1)[places], places)


def first_occurrences(keys: Keys) -> tuple[Ints, npt.NDArray[np.int32]]:
    """The first position of each distinct key (m), ascending, and for every key (n) which of the
    m it is.

    >>> first_occurrences(np.array([(5, 1), (2, 2), (5, 1), (5, 0)], np.uint64))
    (array([0, 1, 3]), array([0, 1, 0, 2], dtype=int32))
    """
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    is_new = np.zeros(len(keys), np.bool_)
    is_new[:1] = True
    for half in (0, 1):
        ordered = keys[order, half]
        is_new[1:] |= ordered[1:] != ordered[:-1]
    del ordered
    firsts = order[is_new]  # of equal keys the sort leaves the first in front
    rank = np.empty(len(firsts), np.int32)
    rank[np.argsort(firsts)] = np.arange(len(firsts), dtype=np.int32)
    numbers = np.empty(len(keys), np.int32)
    numbers[order] = rank[np.cumsum(is_new, dtype=np.int32) - 1]
    return np.sort(firsts), numbers


def _keys(column: pa.FixedSizeBinaryArray) -> Keys:
    """Keys (n, 2) of a column; those of nulls are undefined."""
    raw = np.frombuffer(column.buffers()[1], ">u8", 2 * len(column), 16 * column.offset)
    return raw.astype(np.uint64).reshape(-1, 2)
