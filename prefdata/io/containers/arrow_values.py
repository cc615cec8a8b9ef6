"""Rows of Arrow batches as plain Python values: text, numbers, booleans, None, lists and dicts.

Types that JSON lacks are converted: dates and times to ISO 8601 text, durations to seconds,
decimals to numbers, bytes to UTF-8 text (or {"base64": ...}), maps to dicts. Arrow fills missing
fields of a struct with None, so None is removed from nested dicts, where it usually means "missing"
(tool schemas, `tool_calls`). At the top level, fields that are None are kept.

Bytes of images, video and audio are not rows of text: their SHA-256 and their size stand for them,
and `keep` takes the bytes. Such are the structs of `bytes` and `path` that `datasets` makes, and
bytes in columns named so.
"""

from __future__ import annotations

import base64
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from prefdata.io.bytes.source import RawRow
from prefdata.io.containers.csv_header import named_columns
from prefdata.records.context import names_media
from prefdata.records.picture_bytes import Keep, reference

_PLAIN = (
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null),
)

Unconvertible = (pa.ArrowException, ValueError, OverflowError, msgspec.DecodeError)


def batch_rows(batch: pa.RecordBatch, first: int, keep: Keep) -> list[RawRow]:
    """The rows of a batch, numbered from `first`; a value that cannot be read is a fault of its
    row."""
    try:
        return _rows(batch, first, keep)
    except Unconvertible:
        rows = range(batch.num_rows)
        return [_row(batch.slice(index, 1), first + index, keep) for index in rows]


def _row(batch: pa.RecordBatch, number: int, keep: Keep) -> RawRow:
    try:
        return _rows(batch, number, keep)[0]
    except Unconvertible as error:
        is_utf8 = isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)
        reason = "invalid-utf8" if is_utf8 else "wrong-type"
        return RawRow(number, b"", fault=(reason, f"a value cannot be read: {error}"))


def _rows(batch: pa.RecordBatch, first: int, keep: Keep) -> list[RawRow]:
    batch.validate(full=True)
    names = named_columns(batch.schema.names).names
    columns = [
        _values(column, _Plain(keep, is_media=names_media(name)))
        for name, column in zip(names, batch.columns, strict=True)
    ]
    rows = zip(*columns, strict=True) if columns else [()] * batch.num_rows
    return [
        RawRow(number, msgspec.json.encode(fields), fields)
        for number, fields in enumerate((dict(zip(names, row, strict=True)) for row in rows), first)
    ]


def _values(column: pa.Array, plain: _Plain) -> list[Any]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    values: list[Any] = column.to_pylist()
    if _holds_json(kind):
        return [plain.spelled_out(value, kind) for value in values]
    if any(is_plain(kind) for is_plain in _PLAIN):
        return values
    return list(map(plain.in_column, values))


def _holds_json(kind: pa.DataType) -> bool:
    """Whether this is Arrow's JSON type or contains it; `datasets` stores tool calls this way."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _holds_json(kind.value_type)
    if pa.types.is_struct(kind):
        return any(_holds_json(field.type) for field in kind)
    return isinstance(kind, pa.JsonType)


class _Plain:
    """The plain values of one column. `is_media`: it is named like one of media."""

    def __init__(self, keep: Keep, *, is_media: bool) -> None:
        self._keep, self._is_media = keep, is_media

    def in_column(self, value: Any) -> Any:
        """A value of the column; bytes of media stand in it or in a list."""
        if not self._is_media:
            return self.of(value)
        if isinstance(value, list):
            return list(map(self.in_column, value))
        return reference(value, self._keep) if isinstance(value, bytes) else self.of(value)

    def spelled_out(self, value: Any, kind: pa.DataType) -> Any:
        """The value with JSON text decoded by its type, nulls included."""
        if value is None or not _holds_json(kind):
            return self.of(value)
        if isinstance(kind, pa.JsonType):
            return msgspec.json.decode(value)
        if pa.types.is_struct(kind):
            fields = ((field.name, field.type) for field in kind)
            held = {name: self.spelled_out(value[name], inner) for name, inner in fields}
            return {name: inner for name, inner in held.items() if inner is not None}
        return [self.spelled_out(inner, kind.value_type) for inner in value]

    def of(self, value: Any) -> Any:
        """Any value."""
        match value:
            case None | str() | bool() | int() | float():
                return value
            case {"bytes": bytes() as content, "path": path, **more} if not more:
                return reference(content, self._keep, path)
            case dict():
                return {name: self.of(inner) for name, inner in value.items() if inner is not None}
            case [tuple(), *_]:
                return {str(name): self.of(inner) for name, inner in value}
            case list():
                return list(map(self.of, value))
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


def _text(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
