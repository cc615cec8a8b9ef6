"""The fingerprints of records, from their keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from prefdata.io.files.shards import read_table
from prefdata.records.arrays import Ints
from prefdata.records.identity import KEYS_SCHEMA, record_fingerprints


@dataclass(frozen=True)
class Fingerprints:
    """The fingerprints of `rows` (n, ascending): `values` (n), of records."""

    rows: Ints
    values: pa.StringArray

    @staticmethod
    def of_keys(keys: pa.Table) -> Fingerprints:
        """Those of a table of `KEYS_SCHEMA`."""
        prints = [value for batch in keys.to_batches() for value in record_fingerprints(batch)]
        return Fingerprints(keys["row"].to_numpy(), pa.array(prints, pa.string()))

    @staticmethod
    def of_file(keys: Path) -> Fingerprints:
        """Those of the rows of a shard that have keys, which all kept rows have."""
        return Fingerprints.of_keys(pa.Table.from_batches(read_table(keys), KEYS_SCHEMA))

    def beside(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch of some of these rows, with a column `fingerprint`."""
        places = np.searchsorted(self.rows, batch.column("row").to_numpy())
        return batch.append_column("fingerprint", self.values.take(pa.array(places)))
