from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns, records_of
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.records.record import Message, Record
from prefdata.transforms.texts.swap import swap_completions

messages = st.lists(
    st.builds(Message, st.sampled_from(["user", "assistant"]), st.none() | st.text(max_size=3)),
    max_size=3,
).map(tuple)
records = st.builds(Record, messages, messages, messages, st.none() | st.floats(allow_nan=False))


def batch_of(rows: list[Record]) -> pa.RecordBatch:
    columns = RecordColumns()
    for number, record in enumerate(rows):
        columns.append(number, number + 1, record)
    return columns.batch()


@given(st.lists(st.tuples(records, st.booleans()), max_size=6), st.integers(0, 2))
def test_rows_are_turned_one_by_one(rows: list[tuple[Record, bool]], skipped: int) -> None:
    batch = batch_of([record for record, _ in rows]).slice(skipped)
    flags = np.array([flag for _, flag in rows[skipped:]], np.bool_)
    found = swap_completions(batch, flags)
    expected = [
        Record(r.prompt, r.rejected, r.chosen, r.margin, r.metadata) if flag else r
        for r, flag in rows[skipped:]
    ]
    assert found.schema == batch.schema
    assert records_of(found) == expected
    assert swap_completions(found, flags).equals(batch)
    prints = record_fingerprints(keys_of(found, with_split=False))
    again = record_fingerprints(keys_of(batch_of(expected), with_split=False))
    assert prints == again
