"""The canonical record in Arrow: its schema, and two ways to build a batch.

`RecordColumns` takes records one by one. `text_batch` takes three columns of texts, as most files
have them, and builds the nested columns without a Python object per message.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa

from prefdata.records.record import ASSISTANT, USER, Message, Record

MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string()), ("extra", pa.string())])
MESSAGES = pa.list_(MESSAGE)
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""A picture as the library `datasets` stores it: its bytes, or a path or URL that it opens."""

PROMPT = "prompt"
SIDES = (PROMPT, "chosen", "rejected")

RECORD_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source_row", pa.int64()),
        ("prompt", MESSAGES),
        ("chosen", MESSAGES),
        ("rejected", MESSAGES),
        ("margin", pa.float64()),
        ("metadata", pa.string()),
    ]
)
"""`row`: number of the row in the run, from 0, in source order. `source_row`: line (JSON Lines,
CSV) or position (arrays, Parquet, Arrow) in its source, from 1. In a shard on disk both count from
the start of the shard."""


class RecordColumns:
    """Builds the columns of a batch row by row."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._source_rows: list[int] = []
        self._sides: dict[str, _MessageColumns] = {side: _MessageColumns() for side in SIDES}
        self._margins: list[float | None] = []
        self._metadata: list[str] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: int, source_row: int, record: Record) -> None:
        """Adds one record."""
        self._rows.append(row)
        self._source_rows.append(source_row)
        self._sides["prompt"].append(record.prompt)
        self._sides["chosen"].append(record.chosen)
        self._sides["rejected"].append(record.rejected)
        self._margins.append(record.margin)
        self._metadata.append(record.metadata)

    def batch(self) -> pa.RecordBatch:
        """The columns so far, as one batch of `RECORD_SCHEMA`."""
        return pa.RecordBatch.from_arrays(
            [
                pa.array(self._rows, pa.int64()),
                pa.array(self._source_rows, pa.int64()),
                *(self._sides[side].array() for side in SIDES),
                pa.array(self._margins, pa.float64()),
                pa.array(self._metadata, pa.string()),
            ],
            schema=RECORD_SCHEMA,
        )


class _MessageColumns:
    def __init__(self) -> None:
        self._ends = [0]
        self._roles: list[str] = []
        self._contents: list[str | None] = []
        self._extras: list[str | None] = []

    def append(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._roles.append(message.role)
            self._contents.append(message.content)
            self._extras.append(message.extra)
        self._ends.append(len(self._roles))

    def array(self) -> pa.ListArray:
        values = pa.StructArray.from_arrays(
            [
                pa.array(self._roles, pa.string()),
                pa.array(self._contents, pa.string()),
                pa.array(self._extras, pa.string()),
            ],
            fields=list(MESSAGE),
        )
        return pa.ListArray.from_arrays(pa.array(self._ends, pa.int32()), values, type=MESSAGES)


def text_batch(
    rows: np.ndarray,
    source_rows: np.ndarray,
    prompts: pa.StringArray,
    chosen: pa.StringArray,
    rejected: pa.StringArray,
    metadata: list[str] | None = None,
) -> pa.RecordBatch:
    """A batch of prompts and completions of one message; equal to that of `RecordColumns`."""
    count = len(prompts)
    return pa.RecordBatch.from_arrays(
        [
            pa.array(rows),
            pa.array(source_rows),
            _single_messages(USER, prompts),
            _single_messages(ASSISTANT, chosen),
            _single_messages(ASSISTANT, rejected),
            pa.nulls(count, pa.float64()),
            pa.repeat("{}", count) if metadata is None else pa.array(metadata, pa.string()),
        ],
        schema=RECORD_SCHEMA,
    )


def _single_messages(role: str, contents: pa.StringArray) -> pa.ListArray:
    count = len(contents)
    values = pa.StructArray.from_arrays(
        [pa.repeat(role, count), contents, pa.nulls(count, pa.string())],
        fields=list(MESSAGE),
    )
    ends = pa.array(np.arange(count + 1, dtype=np.int32))
    return pa.ListArray.from_arrays(ends, values, type=MESSAGES)


def records_of(batch: pa.RecordBatch) -> list[Record]:
    """The rows of a batch as records: for reference code, and for displaying rows."""
    sides = [_messages(batch.column(side)) for side in SIDES]
    others = [batch.column(name).to_pylist() for name in ("margin", "metadata")]
    return list(map(Record, *sides, *others))


def _messages(column: pa.ListArray) -> list[tuple[Message, ...]]:
    ends = column.offsets.to_pylist()
    values = column.values.slice(ends[0], ends[-1] - ends[0])
    fields = (values.field(name).to_pylist() for name in ("role", "content", "extra"))
    messages = list(map(Message, *fields))
    bounds = (end - ends[0] for end in ends)
    return [tuple(messages[start:stop]) for start, stop in pairwise(bounds)]
