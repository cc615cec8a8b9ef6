"""The split table: the split and the group of every row, and removing rows from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.io.files.shards import read_table, write_table
from prefdata.records.arrays import Ints
from prefdata.steps.split.groups import SPLIT_SCHEMA

_BATCH_ROWS = 65_536


def groups_of(split_table: Path, rows: Ints) -> Ints:
    """The group of each of `rows` (n, ascending), all of them in the split table. If groups were
    not computed, each row is a group of its own."""
    table = pa.Table.from_batches(read_table(split_table), SPLIT_SCHEMA)
    wanted = table.filter(pa.array(np.isin(table["row"].to_numpy(), rows)))
    assert np.array_equal(wanted["row"].to_numpy(), rows), "rows that were not divided"
    groups: Ints = pc.coalesce(wanted["group"], wanted["row"]).to_numpy()
    return groups


def leave_split(split_table: Path, dropped: Ints, left: Path) -> None:
    """Writes the split table (`SPLIT_SCHEMA`) without the dropped rows to `left`.

    No row changes its split. A group is named after its first remaining row.
    """
    table = pa.Table.from_batches(read_table(split_table), SPLIT_SCHEMA)
    frame = pl.DataFrame(table.filter(pa.array(~np.isin(table["row"].to_numpy(), dropped))))
    first = pl.col("row").first().over("group")
    named = frame.with_columns(group=pl.when(pl.col("group").is_not_null()).then(first))
    batches = named.to_arrow().cast(SPLIT_SCHEMA).to_batches(max_chunksize=_BATCH_ROWS)
    write_table(left, batches, SPLIT_SCHEMA)
