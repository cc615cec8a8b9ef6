"""Reading a written dataset back into records: the inverse of `to_format("conversational")`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.records.arrays import Ints
from prefdata.records.columns import MESSAGE, MESSAGES, RECORD_SCHEMA, SIDES

_Fields = dict[str, msgspec.Raw]

_decode = msgspec.json.Decoder(_Fields).decode
_decode_text = msgspec.json.Decoder(str | None).decode
_encode = msgspec.json.Encoder().encode


def read_back(batch: pa.RecordBatch, rows: Ints) -> pa.RecordBatch:
    """The rows of a written dataset as records, equal to those that were written.

    `batch`: columns of `format_schema("conversational", provenance=True)`. `rows` (n): the row
    numbers to assign. Without a column `margin`, margins are read from the end of `metadata`, where
    `to_format` writes them. Tools are read from `metadata`, not from their column.
    """
    margins, metadata = _margins(batch)
    columns = [
        pa.array(rows, pa.int64()),
        batch.column("source_row"),
        *(_messages(batch.column(side)) for side in SIDES),
        margins,
        metadata,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=RECORD_SCHEMA)


def without_images(names: Sequence[str]) -> list[str]:
    """The columns of a written dataset but for pictures, which no record holds."""
    return [name for name in names if name != "images"]


def _messages(column: pa.ListArray) -> pa.ListArray:
    values = column.flatten()
    offsets = column.offsets.to_numpy()
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_struct(values.type):
        role, content = (values.field(name).cast(pa.string()) for name in ("role", "content"))
        parts = [role, content, pa.nulls(len(values), pa.string())]
    else:
        parts = _parsed(values.to_pylist())
    structs = pa.StructArray.from_arrays(parts, fields=list(MESSAGE))
    return pa.ListArray.from_arrays(pa.array(offsets - offsets[0]), structs, type=MESSAGES)


def _parsed(texts: list[str]) -> list[pa.Array]:
    """Roles, contents and extra fields of messages in JSON text; numbers keep their notation.

    The first two fields of each message are role and content.
    """
    messages = []
    for text in texts:
        fields = _decode(text)
        role, content = (_decode_text(fields.pop(name)) for name in ("role", "content"))
        messages.append((role, content, _encode(fields).decode() if fields else None))
    return [pa.array(part, pa.string()) for part in zip(*messages, strict=True)] or [
        pa.array([], pa.string()) for _ in MESSAGE
    ]


def _margins(batch: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    metadata = batch.column("metadata").cast(pa.string())
    if "margin" in batch.schema.names:
        return batch.column("margin"), metadata
    parted = [_parted(text) for text in metadata.to_pylist()]
    margins = np.array([np.nan if margin is None else margin for margin, _ in parted], np.float64)
    has_none = np.array([margin is None for margin, _ in parted], np.bool_)
    return pa.array(margins, mask=has_none), pa.array([text for _, text in parted], pa.string())


def _parted(metadata: str) -> tuple[float | None, str]:
    """The margin at the end of metadata, and the metadata without it.

    It cannot be distinguished from a field of the row itself that has the same name and is last.
    """
    if '"margin' not in metadata:
        return None, metadata
    fields = _decode(metadata)
    name = next(reversed(fields))
    margin = _number(fields[name]) if name.rstrip("_") == "margin" else None
    if margin is None:
        return None, metadata
    del fields[name]
    return margin, _encode(fields).decode()


def _number(raw: msgspec.Raw) -> float | None:
    """A number, or the string for NaN or an infinity."""
    value = msgspec.json.decode(raw)
    if isinstance(value, str) and value in ("inf", "-inf", "nan"):
        return float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
