"""Reading single values of a row (text, number, JSON in text), and encoding values as JSON.

Decoding is strict. A second, lenient attempt serves only to describe the error, such as NaN or a
lone surrogate.
"""

from __future__ import annotations

import json
import math

import msgspec

from prefdata.errors import RowFault

_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder().encode
_NO_NUMBER = frozenset({"", "n/a", "na", "null", "none"})
_UNSTATED = _NO_NUMBER | {"nan"}


def decode_json(raw: msgspec.Raw | bytes | str, name: str) -> object:
    """Decodes JSON text. Raises RowFault, which names the part, if it is invalid."""
    try:
        return _DECODE(raw)
    except UnicodeDecodeError as error:
        raise RowFault("invalid-utf8", f"{name} is not valid UTF-8: {error.reason}") from None
    except RecursionError:
        raise RowFault("invalid-json", f"{name} is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        return _leniently(raw, name, str(error))


def _leniently(raw: msgspec.Raw | bytes | str, name: str, complaint: str) -> object:
    try:
        value = json.loads(raw if isinstance(raw, str) else bytes(raw))
    except (ValueError, RecursionError):
        raise RowFault("invalid-json", f"{name} is not valid JSON: {complaint}") from None
    check_surrogates(value, name)
    return value


def check_surrogates(value: object, name: str) -> None:
    """Raises RowFault if a value contains a lone surrogate anywhere."""
    try:
        if isinstance(value, str):
            if not value.isascii():
                value.encode()
        elif isinstance(value, (list, dict)):
            encode_json(value)
    except UnicodeEncodeError:
        raise RowFault(
            "lone-surrogate", f"{name} holds half of a surrogate pair: text cut inside a character"
        ) from None
    except RecursionError:
        raise RowFault("invalid-json", f"{name} is nested too deeply") from None


def text(value: object, name: str) -> str:
    """The value as a text. Raises RowFault for any other type."""
    if type(value) is str:
        return value
    if value is None:
        raise RowFault("missing-field", f"{name} is missing or null")
    if isinstance(value, str):
        return str(value)
    raise RowFault("wrong-type", f"{name} is {describe(value)}, not text")


def number(value: object, name: str) -> float | None:
    """The value as a number, also from text; None if it is missing ("N/A", "", null). Raises
    RowFault for anything else."""
    if value is None or (isinstance(value, str) and value.strip().casefold() in _NO_NUMBER):
        return None
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise RowFault("wrong-type", f"{name} is {describe(value)}, not a number")


def is_unstated(value: object) -> bool:
    """Whether a value states nothing: null, NaN, blank text, or a word for "not available"."""
    if isinstance(value, str):
        return value.strip().casefold() in _UNSTATED
    return value is None or (isinstance(value, float) and math.isnan(value))


def describe(value: object) -> str:
    """A short description of a value, for messages.

    >>> describe([1, 2])
    'a list'
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"the number {value!r:.40}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, (list, tuple)) else f"a {type(value).__name__}"


def shortened(value: object) -> str:
    """A value as it would be written, cut to 40 characters; lists and objects by their kind.

    >>> shortened(0), shortened("B"), shortened(None), shortened([1])
    ('0', "'B'", 'null', 'a list')
    """
    if isinstance(value, str):
        return repr(value[:40])
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value!r:.40}" if is_number else describe(value)


def encode_json(value: object) -> bytes:
    """A Python value as standard JSON.

    NaN and the infinities become the strings "NaN", "Infinity", "-Infinity"; bytes become base64;
    dates become ISO 8601. Raises UnicodeEncodeError for a lone surrogate.
    """
    return _ENCODE(_plain(value))


def _plain(value: object) -> object:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    try:
        _ENCODE(value)
    except TypeError:
        return str(value)
    return value


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def encode_json_object(items: dict[str, object]) -> str:
    """The JSON text of an object, with keys sorted at every depth."""
    return msgspec.json.encode(_plain(items), order="sorted").decode()


def decoded(value: object) -> object:
    """A value as Python value; None if it is JSON that cannot be decoded."""
    try:
        return decode_json(value, "a label") if isinstance(value, msgspec.Raw) else value
    except RowFault:
        return None
