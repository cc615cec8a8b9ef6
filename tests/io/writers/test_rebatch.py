from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from prefdata.io.writers.rebatch import rebatched, row_bytes

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(max_size=9),
            "turns": st.lists(
                st.fixed_dictionaries(
                    {"role": st.text(max_size=3), "content": st.text(max_size=9)}
                ),
                max_size=3,
            ),
            "margin": st.none() | st.floats(allow_nan=False),
        }
    ),
    max_size=12,
)
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("turns", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("margin", pa.float64()),
    ]
)


def stream(batches: list[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return bytes(sink.getvalue())


@given(
    rows=ROWS,
    cuts=st.lists(st.integers(0, 12), max_size=4),
    max_rows=st.integers(1, 10),
    max_bytes=st.integers(1, 200),
)
def test_bytes_depend_on_the_rows_alone(
    rows: list[dict[str, object]], cuts: list[int], max_rows: int, max_bytes: int
) -> None:
    whole = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    borders = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    parts = [whole.slice(a, b - a) for a, b in pairwise(borders)]
    limits = {"max_rows": max_rows, "max_bytes": max_bytes}
    once, again = list(rebatched([whole], **limits)), list(rebatched(parts, **limits))
    assert [row for batch in again for row in batch.to_pylist()] == rows
    assert stream(once) == stream(again)
    for batch in once:
        assert 0 < batch.num_rows <= max_rows
        assert batch.num_rows == 1 or row_bytes(batch).sum() <= max_bytes


@given(rows=ROWS, start=st.integers(0, 12))
def test_the_size_of_a_row_does_not_depend_on_its_batch(
    rows: list[dict[str, object]], start: int
) -> None:
    whole = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    assert row_bytes(whole.slice(start)).tolist() == row_bytes(whole)[start:].tolist()


def test_json_counts_as_its_text() -> None:
    texts = pa.array(["{}", "[1,2]"])
    batch = pa.record_batch({"a": pa.ExtensionArray.from_storage(pa.json_(), texts)})
    assert row_bytes(batch).tolist() == [6, 9]
