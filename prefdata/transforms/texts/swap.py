"""Flipping labels: swaps chosen and rejected of some rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from prefdata.records.arrays import Flags


def swap_completions(batch: pa.RecordBatch, is_turned: Flags) -> pa.RecordBatch:
    """The batch of `RECORD_SCHEMA` with chosen and rejected swapped in the rows `is_turned` (n).

    The margin is unchanged: it now refers to the new order. Metadata is unchanged, too: it refers
    to the sides as they were read.
    """
    if not is_turned.any():
        return batch
    count = len(batch)
    both = pa.concat_arrays([batch.column("chosen"), batch.column("rejected")])
    rows = np.arange(count)
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    columns["chosen"] = both.take(pa.array(np.where(is_turned, rows + count, rows)))
    columns["rejected"] = both.take(pa.array(np.where(is_turned, rows, rows + count)))
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)
