"""JSON by columns, as pandas writes it: `{"prompt": {"0": ..., "1": ...}, "chosen": {...}}`, or
with lists instead of the inner objects.

Such a document has no rows to go through one by one, so it is held as a whole, up to the size that
a single record may have. Columns of different lengths give rows that lack a field, which their
dialect reports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from prefdata.config.model import ReadConfig
from prefdata.config.section import MIB
from prefdata.io.bytes.source import RawRow, RowBlock, Segment
from prefdata.io.bytes.streams import BrokenStreamError, byte_chunks
from prefdata.io.containers.csv_header import refuse_columns
from prefdata.io.containers.json_rows import Fault, names_given_twice
from prefdata.io.containers.json_wrapper import WRAPPERS

_NAME = r'"(?:[^"\\]++|\\.)*+"'
_BEGINS = re.compile(rf'\{{\s*+({_NAME})\s*+:\s*+(?:(\{{)\s*+"\d++"\s*+:|\[\s*+"|\[\s*+\[)')
_SHOWN_BYTES = MIB
_ROWS_AT_ONCE = 4096
_COLUMNS = msgspec.json.Decoder(dict[str, Raw])
_BY_INDEX = msgspec.json.Decoder(dict[str, Raw])
_LISTED = msgspec.json.Decoder(list[Raw])
_ROLES = ("role", "from")


def holds_columns(text: str, *, is_whole: bool) -> bool:
    """Whether a text, or the beginning of one, is a document by columns, and no row of lists.

    >>> holds_columns('{"prompt": {"0": "a"}, "chosen": {"0": "b"}}', is_whole=True)
    True
    >>> holds_columns('{"chosen": [{"role": "user"}], "rejected": []}', is_whole=True)
    False
    """
    begins = _BEGINS.match(text)
    if begins is None or begins[1][1:-1] in WRAPPERS:
        return False
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return not is_whole and begins[2] is not None
    return not text[end:].strip() and is_by_columns(value)


def is_by_columns(value: Any) -> bool:
    """Whether a document has columns: objects with the same row numbers, or lists of the same
    length that are no conversations."""
    columns = list(value.values()) if isinstance(value, dict) else []
    if len(columns) < 2:
        return False
    if all(isinstance(column, dict) for column in columns):
        first = columns[0].keys()
        return bool(first) and all(
            column.keys() == first and all(map(str.isdecimal, column)) for column in columns
        )
    if not all(isinstance(column, list) and len(column) > 1 for column in columns):
        return False
    lengths = {len(column) for column in columns}
    return len(lengths) == 1 and not any(_is_conversation(column) for column in columns)


def _is_conversation(column: list[Any]) -> bool:
    return all(isinstance(item, dict) and any(r in item for r in _ROLES) for item in column)


def read_json_columns(segment: Segment, config: ReadConfig) -> Iterator[RowBlock]:
    """The rows of a document by columns, numbered from 1.

    A document that is longer than `max_record_bytes`, or that cannot be parsed, is one row with a
    fault. Raises SourceError if it has too many columns.
    """
    content, size, broken = _whole(segment, config)
    if size > config.max_record_bytes:
        detail = (
            f"a document by columns is read as a whole, and this one has {size:,} bytes, more than "
            f"read.max_record_bytes ({config.max_record_bytes:,}): write it as JSON Lines"
        )
        yield _fault_block(content, size, ("record-too-large", detail))
        return
    if broken is not None:
        yield _fault_block(content, size, ("truncated-file", broken))
        return
    try:
        columns = _parsed(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        yield _fault_block(content, size, ("invalid-json", f"the columns cannot be read: {error}"))
        return
    refuse_columns(len(columns), segment.source.name)
    in_rows = sum(len(value) for column in columns.values() for value in column.values())
    yield RowBlock([], 0, size, {"columns": size - in_rows})
    yield from _rows(columns)


def _whole(segment: Segment, config: ReadConfig) -> tuple[bytes, int, str | None]:
    """The document, or the beginning of one that is too long; its size, and why it broke off."""
    held = bytearray()
    size = 0
    try:
        for chunk in byte_chunks(segment.source, config):
            size += len(chunk)
            held += chunk[: max(config.max_record_bytes + 1 - len(held), 0)]
    except BrokenStreamError as error:
        return bytes(held), size, str(error)
    return bytes(held), size, None


def _parsed(content: bytes) -> dict[str, Mapping[str, Raw]]:
    """Column to row to value. Raises an error for anything that is not by columns, or that names a
    column or a row twice."""
    content.decode()
    named = _COLUMNS.decode(content)
    twice = names_given_twice(content)
    columns: dict[str, Mapping[str, Raw]] = {}
    for name, raw in named.items():
        if bytes(raw)[:1] == b"[":
            listed = _LISTED.decode(raw)
            columns[name] = {str(number): value for number, value in enumerate(listed)}
        else:
            columns[name] = _BY_INDEX.decode(raw)
            twice += names_given_twice(bytes(raw))
    if twice:
        raise ValueError(f"{', '.join(twice[:3])} is named more than once")
    return columns


def _rows(columns: Mapping[str, Mapping[str, Raw]]) -> Iterator[RowBlock]:
    numbers = dict.fromkeys(number for column in columns.values() for number in column)
    rows: list[RawRow] = []
    at = 0
    for at, number in enumerate(numbers, 1):
        fields = {name: column[number] for name, column in columns.items() if number in column}
        size = sum(map(len, fields.values()))
        rows.append(RawRow(at, msgspec.json.encode(fields), fields, size=size))
        if len(rows) == _ROWS_AT_ONCE:
            yield RowBlock(rows, at)
            rows = []
    yield RowBlock(rows, at)


def _fault_block(content: bytes, size: int, fault: Fault) -> RowBlock:
    return RowBlock([RawRow(1, content[:_SHOWN_BYTES], fault=fault, size=size)], 1, size)
