"""Where rows go, once verdicts have dropped some of those that were divided into splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.io.files.shards import read_table, write_table
from prefdata.records.texts import Ints
from prefdata.steps.compare.groups import SPLIT_SCHEMA

_BATCH_ROWS = 65_536


def groups_of(sides: Path, rows: Ints) -> Ints:
    """The group of each of some rows (n, ascending) that `sides` speaks of; where nobody looked for
    groups, each row is one."""
    table = pa.Table.from_batches(read_table(sides), SPLIT_SCHEMA)
    wanted = table.filter(pa.array(np.isin(table["row"].to_numpy(), rows)))
    assert np.array_equal(wanted["row"].to_numpy(), rows), "rows that were not divided"
    groups: Ints = pc.coalesce(wanted["group"], wanted["row"]).to_numpy()
    return groups


def leave_split(sides: Path, dropped: Ints, left: Path) -> None:
    """Writes what `sides` (a table of `SPLIT_SCHEMA`) says of the rows that are not dropped.

    No row changes its split. A group is named by the first row that is left of it.
    """
    table = pa.Table.from_batches(read_table(sides), SPLIT_SCHEMA)
    frame = pl.DataFrame(table.filter(pa.array(~np.isin(table["row"].to_numpy(), dropped))))
    first = pl.col("row").first().over("group")
    named = frame.with_columns(group=pl.when(pl.col("group").is_not_null()).then(first))
    batches = named.to_arrow().cast(SPLIT_SCHEMA).to_batches(max_chunksize=_BATCH_ROWS)
    write_table(left, batches, SPLIT_SCHEMA)
