"""The Arrow schemas of the ledger, which has a line for every pair and every row without one."""

from __future__ import annotations

import pyarrow as pa

_FLAG = pa.struct([("reason", pa.string()), ("evidence", pa.string()), ("other", pa.int64())])

PAIRS = "pairs"
"""The step that makes pairs: it drops rows that make none."""

JUDGEMENTS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("judge", pa.string()),
        ("said", pa.string()),
    ]
)
"""A line for every row that speaks in a pair that was made from judgements. `row`: number of the
pair, as in the ledger. `said`: what the row says of the chosen and the rejected completion, as
JSON."""

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
"""`verdict`: keep, drop or quarantine. `step`, `reason`, `evidence`, `other`: of the verdict that
dropped the row, null if it was kept. `flags`: its other verdicts. `split` and `file`: of a kept
row. `group`: number of the first kept row of its leakage group, null if there is one split only.
`fingerprint`: null if the row could not be converted to a record."""
