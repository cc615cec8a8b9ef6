"""The ledger: one line for every row that was read."""

from __future__ import annotations

import pyarrow as pa

_FLAG = pa.struct([("reason", pa.string()), ("evidence", pa.string()), ("other", pa.int64())])

LEDGER_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("fingerprint", pa.string()),
        ("verdict", pa.string()),
        ("step", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("other", pa.int64()),
        ("flags", pa.list_(_FLAG)),
        ("split", pa.string()),
        ("group", pa.int64()),
        ("file", pa.string()),
    ]
)
"""`verdict`: keep, drop or quarantine; `step`, `reason`, `evidence`, `other`: of the verdict that
dropped the row, null where it was kept; `flags`: all else that was said of it, likewise;
`split` and `file`: where a kept row went; `group`: the first kept row of those that must not part
from it, null where all went to one split. `fingerprint` is null where no record could be made."""
