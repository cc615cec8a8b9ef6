"""Distinguishing JSON Lines, JSON documents and CSV by the beginning of the text."""

from __future__ import annotations

import csv
import json
import re
from itertools import islice
from typing import Any, NamedTuple

from prefdata.io.bytes.source import Container
from prefdata.io.containers.csv_header import any_field_size, stated_delimiter
from prefdata.io.containers.json_columns import holds_columns
from prefdata.io.containers.json_wrapper import rows_in_wrapper

DELIMITERS = ",\t;|"

_LINES = 200
_OBJECT = re.compile(r'\{\s*+"[^"\\\n]{1,64}+"\s*+:')
"""The beginning of an object; in CSV its quotes would be doubled."""


class TextKind(NamedTuple):
    """A container of text. `certain`: its content is unambiguous (any text could be CSV)."""

    container: Container
    delimiter: str = ","
    certain: bool = True


def text_kind(text: str, *, is_whole: bool) -> TextKind | None:
    """The kind of a text by its beginning; None if only its name can tell."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    lines = text.strip().split("\n")
    if not is_whole and len(lines) > 1:
        lines.pop()
    lines = [line for line in islice(lines, _LINES) if line.strip()]
    if not lines:
        return TextKind("jsonl") if is_whole else None
    stated = stated_delimiter(lines[0])
    if stated is not None:
        return TextKind("csv", stated)
    text = text.lstrip()
    return _json_kind(text, lines, is_whole) or _damaged_json_kind(text, lines) or _csv_kind(lines)


def _json_kind(text: str, lines: list[str], is_whole: bool) -> TextKind | None:
    if text[0] == "[":
        return _array_kind(text, lines)
    if text[0] == "{":
        if holds_columns(text, is_whole=is_whole):
            return TextKind("json-columns")
        is_document = _is_document(text, lines)
        if is_document is None:
            return TextKind("jsonl", certain=False)
        return TextKind("json" if is_document else "jsonl")
    if 2 * sum(map(_is_row, lines)) >= len(lines):
        return TextKind("jsonl")
    return None


def _damaged_json_kind(text: str, lines: list[str]) -> TextKind | None:
    """JSON whose beginning is damaged, by the objects in it; its name may tell more."""
    enough = max(2, len(lines) // 2)
    begun = sum(1 for _ in islice(_OBJECT.finditer(text), enough))
    return TextKind("json", certain=False) if begun == enough else None


def _array_kind(text: str, lines: list[str]) -> TextKind | None:
    first = _value(lines[0])
    if isinstance(first, list) and not any(isinstance(item, dict | str) for item in first):
        others = lines[1:]
        if others and (first or 2 * sum(map(_is_row, others)) >= len(others)):
            return TextKind("jsonl")
    return TextKind("json") if re.match(r"\[\s*([\[{\"\]\dtfn-]|$)", text) else None


def _is_document(text: str, lines: list[str]) -> bool | None:
    """Whether a text that begins with an object is one document; None if it is damaged so much
    that the name of its file may tell more."""
    if rows_in_wrapper(text.encode()) is not None:
        return True
    if _is_row(lines[0]):
        return False
    end = _end_of_object(text)
    following = text[end:].partition("\n")[0].strip(" \t\r,") if end else ""
    if following.startswith("{"):
        return True  # objects side by side
    rows = [line for line in lines[1:] if _is_row(line)]
    if rows and 2 * sum(line.rstrip().endswith(",") for line in rows) > len(rows):
        return True
    if rows and lines[0].count('"') > 2:
        return not any(line[0] == "{" for line in rows)
    if end is None:
        return not re.match(r"\{\s*\"", lines[0]) if rows else None
    return "\n" in text[:end].strip() or bool(following)


def _end_of_object(text: str) -> int | None:
    try:
        return json.JSONDecoder().raw_decode(text)[1]
    except (ValueError, RecursionError):
        return None


def _is_row(line: str) -> bool:
    value = _value(line)
    if isinstance(value, str):
        value = _value(value)
    return isinstance(value, dict)


def _value(line: str) -> Any:
    try:
        return json.loads(line.strip().removesuffix(","))
    except (ValueError, RecursionError):
        return None


def _csv_kind(lines: list[str]) -> TextKind | None:
    best, most = None, 1
    for delimiter in DELIMITERS:
        fields = _regular_fields(lines, delimiter)
        if fields > most:
            best, most = delimiter, fields
    if best is None:
        return None
    return TextKind("csv", best, certain=len(lines) > 1 and not any(map(_is_row, lines)))


def header_delimiter(text: str) -> str:
    """The delimiter of CSV whose records tell nothing: what divides its first line."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda delimiter: _regular_fields([header], delimiter))


def _regular_fields(lines: list[str], delimiter: str) -> int:
    """The number of fields of the first record, if most other records have as many, else 0."""
    try:
        with any_field_size():
            rows = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
            counts = [len(row) for row in rows]
    except csv.Error:
        return 0
    regular = sum(count == counts[0] for count in counts[:-1]) + 1
    return counts[0] if 3 * regular >= 2 * len(counts) else 0
