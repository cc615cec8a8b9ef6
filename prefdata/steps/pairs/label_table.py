"""Labels that differ from the source: flipped, or with a probability."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from prefdata.io.files.shards import write_table
from prefdata.records.arrays import Flags, Ints
from prefdata.steps.verdict_tables import within

LABEL_SCHEMA = pa.schema(
    [("row", pa.int64()), ("is_turned", pa.bool_()), ("probability", pa.float64())]
)
"""One line for every row whose label changes, ascending. `is_turned`: it is flipped. `probability`:
that the written label is right; 1 for all rows without a line."""

_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class LabelTable:
    """The changed labels of a run: the path of a table of `LABEL_SCHEMA`.

    `is_soft`: the dataset gets a column `label_probability`.
    """

    table: Path
    is_soft: bool = False

    def of(self, rows: Ints) -> tuple[Flags, npt.NDArray[np.float64]]:
        """Which of `rows` (n, ascending) are flipped (n), and the probability of each label (n)."""
        is_turned, probability = np.zeros(len(rows), np.bool_), np.ones(len(rows))
        span = range(int(rows[0]), int(rows[-1]) + 1) if len(rows) else range(0)
        for batch in within(self.table, span):
            numbers = batch.column("row").to_numpy()
            places = np.searchsorted(rows, numbers)
            is_here = rows.take(places, mode="clip") == numbers
            turns = batch.column("is_turned").to_numpy(zero_copy_only=False)
            is_turned[places[is_here]] = turns[is_here]
            probability[places[is_here]] = batch.column("probability").to_numpy()[is_here]
        return is_turned, probability


def write_labels(table: Path, labels: pl.DataFrame) -> None:
    """Writes a frame with `row`, `is_turned`, `probability`; rows in any order, each once."""
    ordered = labels.select(LABEL_SCHEMA.names).sort("row")
    assert ordered["row"].is_unique().all(), "a row has two labels"
    batches = ordered.to_arrow().cast(LABEL_SCHEMA).to_batches(max_chunksize=_BATCH_ROWS)
    write_table(table, batches, LABEL_SCHEMA)
