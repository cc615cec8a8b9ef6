"""One JSON text to one row: fast where it is sound, with a careful second look where it is not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec

from prefdata.errors import RowFault
from prefdata.io.bytes.source import RawRow

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MOST_LAYOUTS = 4096
_BOM = "\ufeff"

Fault = tuple[str, str]


class RowParser:
    """Makes rows of JSON texts.

    It remembers what the rows of a file look like: a decoder lets a name given twice pass, so the
    bytes that a row has besides its names and values are counted. A row with as many names and as
    many bytes besides as one that was looked at carefully names nothing twice either; any other
    gets the careful look. Files are written by programs, so a few looks serve the whole file.
    """

    def __init__(self) -> None:
        self._layouts: set[tuple[int, int]] = set()

    def row(self, source_row: int, raw: bytes, *, is_utf8: bool = False) -> RawRow:
        """The row that `raw` holds. `is_utf8`: somebody checked already that it is UTF-8."""
        try:
            fields = _FIELDS.decode(raw)
            if not is_utf8:
                raw.decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return careful_row(source_row, raw)
        besides = len(raw) - len(b"".join(fields.values())) - sum(map(len, fields))
        layout = (len(fields), besides)
        if layout not in self._layouts:
            if duplicates := names_given_twice(raw):
                return RawRow(source_row, raw, fields, duplicates=duplicates)
            if len(self._layouts) < _MOST_LAYOUTS:
                self._layouts.add(layout)
        return RawRow(source_row, raw, fields)


def careful_row(source_row: int, raw: bytes) -> RawRow:
    """The same as `RowParser.row`, slowly: takes NaN and Infinity, lone surrogates, a trailing
    comma and JSON wrapped in a JSON string; or says exactly what is wrong."""
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
    if fault is not None:
        return RawRow(source_row, raw, fault=fault)
    return RawRow(source_row, raw, value, duplicates=duplicates)


def utf8_fault(error: UnicodeDecodeError) -> Fault:
    """The fault of a row that is not UTF-8."""
    bad = error.object[error.start]
    return "invalid-utf8", f"byte {error.start + 1} of the row ({bad:#04x}) is not UTF-8"


def names_given_twice(raw: bytes) -> tuple[str, ...]:
    """The names that an object gives more than once, at its first level."""
    try:
        return _parse(_stripped(raw.decode()))[1]
    except UnicodeDecodeError:
        return ()


def decoded(value: object) -> object:
    """The Python value of a field, be it decoded already or not; RowFault if it has none.

    >>> decoded(msgspec.Raw(b'[1, "a"]'))
    [1, 'a']
    """
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):  # 1e999, say: infinite for the standard library
        decoded_value, _, fault = _parse(bytes(value).decode())
        if fault is not None:
            raise RowFault(*fault) from None
        return decoded_value


def error_position(text: str) -> tuple[str, int | None] | None:
    """What is wrong with the JSON value that `text` begins with, and where; None if nothing is.

    The place is None where the text may be JSON but is more than can be taken.
    """
    try:
        _careful_decoder([]).raw_decode(text)
    except json.JSONDecodeError as error:
        return error.msg, error.pos
    except RecursionError:
        return "it is nested too deeply to be read", None
    return None


def _parse(text: str) -> tuple[Any, tuple[str, ...], Fault | None]:
    pairs_of_objects: list[tuple[str, ...]] = []
    try:
        value = _careful_decoder(pairs_of_objects).decode(text)
    except json.JSONDecodeError as error:
        return None, (), ("invalid-json", f"{error.msg} at character {error.pos + 1}")
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
            names = [name for name, _ in pairs]
            duplicates[:] = [tuple(name for name in fields if names.count(name) > 1)]
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
    text = text.strip(" \t\r\n" + _BOM)
    return text[:-1].rstrip() if text.endswith(",") else text


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", str: "a string", list: "an array"}
    return names.get(type(value), "a number")
