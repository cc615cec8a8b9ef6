"""The leakage group and the cluster of every row that was compared, for the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.arrays import Ints
from prefdata.results.ledger import DUPLICATES, OPPOSITES
from prefdata.steps.once import once
from prefdata.steps.split.groups import GROUPED_SCHEMA
from prefdata.steps.verdict_tables import Tables
from prefdata.steps.write.assign_shards import plan_file
from prefdata.transforms.split.components import lowest_connected

CONNECTED_SCHEMA = pa.schema([("row", pa.int64()), ("group", pa.int64()), ("cluster", pa.int64())])
_PROMPT_SCHEMA = pa.schema([("prompt", pa.uint64()), ("group", pa.int64())])
_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Connected:
    """The tables of `write_connected`, in a folder."""

    folder: Path

    @property
    def of_rows(self) -> Path:
        """`row`, `group`, `cluster` of every row that was compared, ascending."""
        return self.folder / "rows.arrow"

    @property
    def of_prompts(self) -> Path:
        """`prompt` (key of the normalised prompt, ascending), `group`."""
        return self.folder / "prompts.arrow"

    def groups_of(self, rows: Ints, prompts: Ints) -> Ints:
        """The groups of rows (n, ascending) that were not compared, by their prompts (n).

        A row whose prompt no compared row has belongs to a group that its first row names.
        """
        known = pa.Table.from_batches(read_table(self.of_prompts), _PROMPT_SCHEMA)
        keys, groups = known["prompt"].to_numpy(), known["group"].to_numpy()
        places = np.searchsorted(keys, prompts)
        is_known = np.zeros(len(rows), bool)
        inside = places < len(keys)
        is_known[inside] = keys[places[inside]] == prompts[inside]
        found = rows.copy()
        found[is_known] = groups[places[is_known]]
        return found


def write_connected(
    shards: Sequence[Shard], plans: Path, verdicts: Tables, grouped: Path, folder: Path
) -> Connected:
    """Writes the group and the cluster of every row that was compared.

    `grouped`: a table of `GROUPED_SCHEMA` (`steps.split.groups`). A group is named after its first
    kept row, or its first row if none is kept; a cluster after its first row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    connected = Connected(folder)
    once(folder / "done.json", int, lambda: _write(shards, plans, verdicts, grouped, connected))
    return connected


def _write(
    shards: Sequence[Shard], plans: Path, verdicts: Tables, grouped: Path, to: Connected
) -> int:
    table = pa.Table.from_batches(read_table(grouped), GROUPED_SCHEMA)
    rows, labels, prompts = (table[name].to_numpy() for name in GROUPED_SCHEMA.names)
    parts = [
        batch.column("row").to_numpy()
        for shard in shards
        for batch in read_table(plan_file(plans, shard))
    ]
    kept = np.concatenate([np.zeros(0, np.int64), *parts])
    names = _named(labels, rows, np.isin(rows, kept, assume_unique=True))
    groups = names[labels]
    columns = [pa.array(rows), pa.array(groups), pa.array(_clusters(rows, verdicts))]
    made = pa.Table.from_arrays(columns, schema=CONNECTED_SCHEMA)
    write_table(to.of_rows, made.to_batches(max_chunksize=_BATCH_ROWS), CONNECTED_SCHEMA)
    keys, firsts = np.unique(prompts, return_index=True)
    made = pa.Table.from_arrays([pa.array(keys), pa.array(groups[firsts])], schema=_PROMPT_SCHEMA)
    write_table(to.of_prompts, made.to_batches(max_chunksize=_BATCH_ROWS), _PROMPT_SCHEMA)
    return len(rows)


def _named(labels: Ints, rows: Ints, is_kept: np.ndarray) -> Ints:
    """The row that names each label (m): its first kept row, or its first; `rows` ascend."""
    names = np.zeros(int(labels.max(initial=-1)) + 1, np.int64)
    names[labels[::-1]] = rows[::-1]  # reversed: the last write, so the first row, wins
    names[labels[is_kept][::-1]] = rows[is_kept][::-1]
    return names


def _clusters(rows: Ints, verdicts: Tables) -> Ints:
    """The first row of the cluster of each row (n, ascending)."""
    edges = pl.concat([_edges(table) for _, table in verdicts.steps]) if verdicts.steps else None
    clusters: Ints = rows.copy()
    if edges is None or edges.is_empty():
        return clusters
    members = np.unique(np.concatenate([edges["row"].to_numpy(), edges["other"].to_numpy()]))
    one, other = (np.searchsorted(members, edges[name].to_numpy()) for name in ("row", "other"))
    firsts = lowest_connected(one, other, len(members))
    places = np.searchsorted(rows, members)
    assert np.array_equal(rows.take(places, mode="clip"), members), "a verdict on an unknown row"
    clusters[places] = members[firsts]
    return clusters


def _edges(table: Path) -> pl.DataFrame:
    """Row and other row of every verdict that connects two rows."""
    columns = ("row", "reason", "other")
    nothing = pl.DataFrame(schema={"row": pl.Int64, "other": pl.Int64})
    batches = (
        pl.DataFrame(pa.Table.from_batches([batch]))
        .filter(pl.col("reason").is_in((*DUPLICATES, *OPPOSITES)), pl.col("other").is_not_null())
        .select("row", "other")
        for batch in read_table(table, columns)
    )
    return pl.concat([nothing, *batches])
