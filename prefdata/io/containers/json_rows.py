"""Parsing one JSON text to one row: a fast decoder, with a careful one if it fails."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from prefdata.errors import RowFault
from prefdata.io.bytes.source import MOST_FIELDS, RawRow
from prefdata.io.containers.json_scan import ScanState, top_level

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MOST_LAYOUTS = 4096
_BOM = "\ufeff"
_BETWEEN = b" \t\r,\xef\xbb\xbf"

Fault = tuple[str, str]


class RowParser:
    """Parses JSON texts to rows, and detects duplicate names.

    The fast decoder accepts duplicate names, so the bytes of a row besides names and values are
    counted. A row with the same number of names and of such bytes as one that was checked carefully
    has no duplicates either; any other row is checked carefully. Files are written by programs, so
    a few checks suffice for a whole file.
    """

    def __init__(self) -> None:
        self._layouts: set[tuple[int, int]] = set()

    def row(self, source_row: int, raw: bytes, *, is_utf8: bool = False) -> RawRow:
        """Parses `raw` to a row. `is_utf8`: it is known to be valid UTF-8."""
        try:
            fields = _FIELDS.decode(raw)
            if not is_utf8:
                raw.decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return careful_row(source_row, raw)
        if len(fields) > MOST_FIELDS:
            return RawRow(source_row, raw, fault=too_many_fields(len(fields)))
        besides = len(raw) - len(b"".join(fields.values())) - sum(map(len, fields))
        layout = (len(fields), besides)
        if layout not in self._layouts:
            if duplicates := names_given_twice(raw):
                return RawRow(source_row, raw, fields, duplicates=duplicates)
            if len(self._layouts) < _MOST_LAYOUTS:
                self._layouts.add(layout)
        return RawRow(source_row, raw, fields)


def careful_row(source_row: int, raw: bytes) -> RawRow:
    """Like `RowParser.row`, but slow: also accepts NaN and Infinity, lone surrogates, a trailing
    comma and JSON inside a JSON string, and describes any error exactly."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return RawRow(source_row, raw, fault=utf8_fault(error))
    value, duplicates, fault = _parse(_stripped(text))
    if isinstance(value, str) and value.lstrip().startswith("{"):
        inner, duplicates, fault = _parse(_stripped(value))
        value = inner if fault is None else value
        fault = None
    if fault is None and not isinstance(value, dict):
        fault = ("not-an-object", f"a row has to be a JSON object; this is {_kind(value)}")
    if fault is None and len(value) > MOST_FIELDS:
        fault = too_many_fields(len(value))
    if fault is not None:
        return RawRow(source_row, raw, fault=fault)
    return RawRow(source_row, raw, value, duplicates=duplicates)


def too_many_fields(count: int) -> Fault:
    """The fault of a row with more than `MOST_FIELDS` fields."""
    return "record-too-large", f"the record has {count:,} fields, at most {MOST_FIELDS:,} are read"


def rows_in_line(source_row: int, line: bytes) -> list[RawRow]:
    """The objects of a line that holds several and nothing else, as where files were joined that
    had no end of line; none if there is anything else in the line.

    >>> [row.raw for row in rows_in_line(1, b'{"a": 1}{"a": 2}')]
    [b'{"a": 1}', b'{"a": 2}']
    """
    rows: list[RawRow] = []
    begins, ends, surplus = top_level(line, 0, len(line), ScanState())
    between = [
        line[end:begin] for begin, end in zip([*begins, len(line)], [0, *ends], strict=False)
    ]
    if len(begins) < 2 or len(begins) != len(ends) or surplus is not None:
        return []
    if any(gap.strip(_BETWEEN) for gap in between):
        return []
    for begin, end in zip(begins, ends, strict=True):
        row = careful_row(source_row, line[begin:end])
        if row.fields is None:
            return []
        rows.append(row)
    return rows


def utf8_fault(error: UnicodeDecodeError) -> Fault:
    """The fault of a row that is not UTF-8."""
    bad = error.object[error.start]
    return "invalid-utf8", f"byte {error.start + 1} of the row ({bad:#04x}) is not UTF-8"


def names_given_twice(raw: bytes) -> tuple[str, ...]:
    """The names that occur more than once at the top level of an object."""
    try:
        return _parse(_stripped(raw.decode()))[1]
    except UnicodeDecodeError:
        return ()


def decode_value(value: object) -> object:
    """The Python value of a field, decoding it if necessary. Raises RowFault if it is invalid.

    >>> decode_value(msgspec.Raw(b'[1, "a"]'))
    [1, 'a']
    """
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.json.decode(value)
    except (
        msgspec.DecodeError,
        RecursionError,
    ):  # such as 1e999, which is infinite for the standard library
        decoded_value, _, fault = _parse(bytes(value).decode())
        if fault is not None:
            raise RowFault(*fault) from None
        return decoded_value


def error_position(text: str) -> tuple[str, int | None] | None:
    """(message, position) of the error in the JSON value at the start of `text`; None if valid.

    The position is None if the text may be valid JSON that exceeds a limit.
    """
    try:
        _careful_decoder([]).raw_decode(text)
    except json.JSONDecodeError as error:
        return _says(error), error.pos
    except RecursionError:
        return "it is nested too deeply to be read", None
    return None


def _says(error: json.JSONDecodeError) -> str:
    """What is wrong, without the word that leads to the place (string starting at)."""
    return error.msg.removesuffix(" at")


def _parse(text: str) -> tuple[Any, tuple[str, ...], Fault | None]:
    pairs_of_objects: list[tuple[str, ...]] = []
    try:
        value = _careful_decoder(pairs_of_objects).decode(text)
    except json.JSONDecodeError as error:
        return None, (), ("invalid-json", f"{_says(error)} at character {error.pos + 1}")
    except RecursionError:
        return None, (), ("invalid-json", "it is nested too deeply to be read")
    # Objects end in the order of their closing brackets: the outermost comes last.
    duplicates = pairs_of_objects[-1] if isinstance(value, dict) and pairs_of_objects else ()
    return value, duplicates, None


def _careful_decoder(duplicates: list[tuple[str, ...]]) -> json.JSONDecoder:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        duplicates[:] = [()]
        if len(fields) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            duplicates[:] = [tuple(name for name in fields if counts[name] > 1)]
        return fields

    return json.JSONDecoder(object_pairs_hook=build, parse_constant=_constant, parse_int=_integer)


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # thousands of digits, which take quadratic time
        return float(digits)


_constant: Callable[[str], float] = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}.__getitem__


def _stripped(text: str) -> str:
    return text.strip(" \t\r\n" + _BOM).rstrip(", \t\r")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", str: "a string", list: "an array"}
    return names.get(type(value), "a number")
