"""Rows of Arrow batches as plain Python values: text, numbers, booleans, None, lists and dicts.

Types that JSON lacks are converted: dates and times to ISO 8601 text, durations to seconds,
decimals to numbers, bytes to UTF-8 text (or {"base64": ...}), maps to dicts. Arrow fills missing
fields of a struct with None, so None is removed from nested dicts, where it usually means "missing"
(tool schemas, `tool_calls`). At the top level, fields that are None are kept.

Bytes of images, video and audio are not rows of text: their SHA-256 and their size stand for them.
Such are the structs of `bytes` and `path` that `datasets` makes, and bytes in columns named so.
"""

from __future__ import annotations

import base64
from datetime import date, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec
import pyarrow as pa

from prefdata.io.bytes.source import RawRow
from prefdata.io.containers.csv_header import named_columns
from prefdata.records.context import names_media

_PLAIN = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null),
)

Unconvertible = (pa.ArrowException, ValueError, OverflowError, msgspec.DecodeError)


def batch_rows(batch: pa.RecordBatch, first: int) -> list[RawRow]:
    """The rows of a batch, numbered from `first`; a value that cannot be read is a fault of its
    row."""
    try:
        return _rows(batch, first)
    except Unconvertible:
        return [_row(batch.slice(index, 1), first + index) for index in range(batch.num_rows)]


def _row(batch: pa.RecordBatch, number: int) -> RawRow:
    try:
        return _rows(batch, number)[0]
    except Unconvertible as error:
        is_utf8 = isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)
        reason = "invalid-utf8" if is_utf8 else "wrong-type"
        return RawRow(number, b"", fault=(reason, f"a value cannot be read: {error}"))


def _rows(batch: pa.RecordBatch, first: int) -> list[RawRow]:
    batch.validate(full=True)
    names = named_columns(batch.schema.names).names
    columns = [
        _values(column, is_media=names_media(name))
        for name, column in zip(names, batch.columns, strict=True)
    ]
    rows = zip(*columns, strict=True) if columns else [()] * batch.num_rows
    return [
        RawRow(number, msgspec.json.encode(fields), fields)
        for number, fields in enumerate((dict(zip(names, row, strict=True)) for row in rows), first)
    ]


def _values(column: pa.Array, *, is_media: bool) -> list[Any]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    values: list[Any] = column.to_pylist()
    if _holds_json(kind):
        return [_spelled_out(value, kind) for value in values]
    if any(is_plain(kind) for is_plain in _PLAIN):
        return values
    return list(map(_media if is_media else _plain, values))


def _holds_json(kind: pa.DataType) -> bool:
    """Whether this is Arrow's JSON type or contains it; `datasets` stores tool calls this way."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _holds_json(kind.value_type)
    if pa.types.is_struct(kind):
        return any(_holds_json(field.type) for field in kind)
    return isinstance(kind, pa.JsonType)


def _spelled_out(value: Any, kind: pa.DataType) -> Any:
    """The value with JSON text decoded by its type, nulls included."""
    if value is None or not _holds_json(kind):
        return _plain(value)
    if isinstance(kind, pa.JsonType):
        return msgspec.json.decode(value)
    if pa.types.is_struct(kind):
        fields = ((field.name, field.type) for field in kind)
        held = {name: _spelled_out(value[name], inner) for name, inner in fields}
        return {name: inner for name, inner in held.items() if inner is not None}
    return [_spelled_out(inner, kind.value_type) for inner in value]


def _plain(value: Any) -> Any:
    match value:
        case None | str() | bool() | int() | float():
            return value
        case {"bytes": bytes() as content, "path": path, **more} if not more:
            return ({} if path is None else {"path": path}) | _reference(content)
        case dict():
            return {name: _plain(inner) for name, inner in value.items() if inner is not None}
        case [tuple(), *_]:
            return {str(name): _plain(inner) for name, inner in value}
        case list():
            return list(map(_plain, value))
        case bytes():
            return _text(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case _:
            return str(value)


def _media(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(_media, value))
    return _reference(value) if isinstance(value, bytes) else _plain(value)


def _reference(content: bytes) -> dict[str, Any]:
    return {"sha256": sha256(content).hexdigest(), "size": len(content)}


def _text(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
