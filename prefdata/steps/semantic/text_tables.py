"""Which texts the rows of a run consist of: a table a shard, and a number for every text."""

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
from prefdata.records.identity import KEY
from prefdata.records.spoken import SPOKEN, Keys, spoken, text_keys
from prefdata.records.texts import Ints
from prefdata.steps.verdict_tables import Tables

TEXTS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        *((name, KEY) for name in SPOKEN),
        *((f"{name}_bytes", pa.int32()) for name in SPOKEN),
    ]
)
"""The keys of a row's texts, null where there is no text; and their sizes, UTF-8."""


@dataclass(frozen=True)
class Numbered:
    """The texts of a run, each different one once, in the order in which they first occur.

    `rows` (n): the active rows, ascending. `index` (n, 4): the number of each text of `SPOKEN`,
    -1 where there is none. Of every text its `keys`, its `sizes` in bytes, and `firsts`: where it
    first occurs, 4 * place in `rows` + which of `SPOKEN`.
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
    """Writes a table of `TEXTS_SCHEMA` a shard; yields them in order, as they are finished."""
    tasks = [_Task(shard, verdicts, folder / f"{shard.number:06d}.arrow") for shard in shards]
    return engine.map(_write_table, tasks)


def _write_table(task: _Task) -> Path:
    if not task.table.exists():
        write_table(task.table, map(_keyed, task.verdicts.active(task.shard)), TEXTS_SCHEMA)
    return task.table


def _keyed(batch: pa.RecordBatch) -> pa.RecordBatch:
    texts = spoken(batch)
    keys = {name: text_keys(column) for name, column in texts.items()}
    sizes = [pc.fill_null(pc.binary_length(column), 0) for column in texts.values()]
    keyed = [_key_column(keys[name], column.is_null()) for name, column in texts.items()]
    return pa.RecordBatch.from_arrays([batch.column("row"), *keyed, *sizes], schema=TEXTS_SCHEMA)


def _key_column(keys: Keys, has_none: pa.BooleanArray) -> pa.FixedSizeBinaryArray:
    raw = pa.py_buffer(keys.astype(">u8").tobytes())
    column = pa.FixedSizeBinaryArray.from_buffers(KEY, len(keys), [None, raw])
    return pc.if_else(has_none, pa.scalar(None, KEY), column) if has_none.true_count else column


def numbered(tables: Sequence[Path]) -> Numbered:
    """Numbers the texts of all tables."""
    rows = [batch.column("row").to_numpy() for table in tables for batch in read_table(table)]
    shape = (sum(map(len, rows)), len(SPOKEN))
    keys = np.empty((*shape, 2), np.uint64)
    has_text, sizes = np.empty(shape, np.bool_), np.empty(shape, np.int32)
    start = 0
    for batch in (batch for table in tables for batch in read_table(table)):
        here = slice(start, start + len(batch))
        for column, name in enumerate(SPOKEN):
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
    """Where each different key first occurs, ascending; and for every key which of them it is.

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
    """(n, 2); whatever stands under a null."""
    raw = np.frombuffer(column.buffers()[1], ">u8", 2 * len(column), 16 * column.offset)
    return raw.astype(np.uint64).reshape(-1, 2)
