"""Message lists as Python or NumPy prints them, which is what pandas writes to CSV.

Read by a parser of its own, for literals alone: nothing is evaluated. It takes lists, objects,
texts, numbers, None, True, False and nan; NumPy leaves out the commas between items and wraps inner
arrays in `array(..., dtype=object)`. Time is linear in the text, depth is bounded.
"""

from __future__ import annotations

import math
import re

from prefdata.errors import RowFault

_DEEPEST = 64
_BEGINS = re.compile(r"(?:\[\s*+)?\{\s*+'(?:role|from|content|value|messages)'\s*+:")
_SPACE = re.compile(r"\s*+")
_STRING = re.compile(r"'((?:[^'\\\n]|\\.)*+)'|\"((?:[^\"\\\n]|\\.)*+)\"")
_NUMBER = re.compile(r"-?(?:\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?|inf)(?![\w.])")
_WORD = re.compile(r"(?:None|True|False|nan)(?!\w)")
_WORDS = {"None": None, "True": True, "False": False, "nan": math.nan}
_ARRAY = re.compile(r"array\(\s*+(?=\[)")
_ARRAY_END = re.compile(r"\s*+(?:,\s*+dtype=[\w<>']++\s*+)?\)")
_ESCAPE = re.compile(r"\\(?:([\\'\"nrt])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))")
_ESCAPED = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "r": "\r", "t": "\t"}
_LONGEST_NUMBER = 400


class _UnreadableError(Exception):
    """What is wrong, and at which character."""


def printed_messages(text: str, name: str) -> object:
    """The value of a text that Python has printed, if it begins as messages do and nothing follows
    it; else None.

    Raises RowFault if it begins so and cannot be read to its end.

    >>> printed_messages("[{'role': 'user', 'content': 'Hi'}]", "chosen")
    [{'role': 'user', 'content': 'Hi'}]
    """
    return None if _BEGINS.match(text) is None else printed_value(text, name)


def printed_value(text: str, name: str) -> object:
    """The value of a text that Python or NumPy has printed; None if something follows it.

    Raises RowFault if it cannot be read to its end.
    """
    try:
        value, end = _value(text, 0, 0)
    except _UnreadableError as error:
        raise RowFault(
            "unreadable-messages",
            f"{name} is a list as Python or NumPy prints one, which cannot be read: {error}",
        ) from None
    return value if _past_space(text, end) == len(text) else None


def _past_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> tuple[object, int]:
    """The value that begins at or after a position, and where it ends."""
    at = _past_space(text, at)
    if depth > _DEEPEST:
        raise _UnreadableError(f"it is nested more than {_DEEPEST} levels deep")
    if text[at : at + 1] == "{":
        return _object(text, at + 1, depth)
    if text[at : at + 1] == "[":
        return _list(text, at + 1, depth)
    if array := _ARRAY.match(text, at):
        items, end = _list(text, array.end() + 1, depth)
        closed = _ARRAY_END.match(text, end)
        if closed is None:
            raise _error(text, end)
        return items, closed.end()
    if text[at : at + 1] in ("'", '"'):
        return _string(text, at)
    if word := _WORD.match(text, at):
        return _WORDS[word.group()], word.end()
    if (number := _NUMBER.match(text, at)) and len(number.group()) <= _LONGEST_NUMBER:
        written = number.group()
        whole = written.lstrip("-").isdigit()
        return int(written) if whole else float(written), number.end()
    raise _error(text, at)


def _string(text: str, at: int) -> tuple[str, int]:
    match = _STRING.match(text, at)
    if match is None:
        raise _UnreadableError(f"the text at character {at + 1} is not closed: it was cut off")
    written = match[1] if match[1] is not None else match[2]
    return _ESCAPE.sub(_character, written) if "\\" in written else written, match.end()


def _character(escape: re.Match[str]) -> str:
    simple, byte, short, long, other = escape.groups()
    if simple:
        return _ESCAPED[simple]
    code = int(byte or short or long or "110000", 16)
    if other or code > 0x10FFFF:
        raise _UnreadableError(f"{escape.group()!r} stands for no character")
    return chr(code)


def _list(text: str, at: int, depth: int) -> tuple[list[object], int]:
    items: list[object] = []
    at = _past_space(text, at)
    while text[at : at + 1] != "]":
        item, end = _value(text, at, depth + 1)
        items.append(item)
        at = _past_space(text, end)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)
        elif text[at : at + 1] != "]" and at == end:
            raise _error(text, at)
    return items, at + 1


def _object(text: str, at: int, depth: int) -> tuple[dict[str, object], int]:
    fields: dict[str, object] = {}
    at = _past_space(text, at)
    while text[at : at + 1] != "}":
        if text[at : at + 1] not in ("'", '"'):
            raise _error(text, at)
        name, at = _string(text, at)
        at = _past_space(text, at)
        if text[at : at + 1] != ":":
            raise _error(text, at)
        fields[name], at = _value(text, at + 1, depth + 1)
        at = _past_space(text, at)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)
        elif text[at : at + 1] != "}":
            raise _error(text, at)
    return fields, at + 1


def _error(text: str, at: int) -> _UnreadableError:
    if at >= len(text):
        return _UnreadableError("it ends before it is closed: it was cut off")
    return _UnreadableError(f"at character {at + 1} stands {text[at : at + 20]!r}")
