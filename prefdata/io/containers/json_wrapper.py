"""Objects that wrap rows, as in `{"version": 1, "data": [...], "info": {...}}`.

Only arrays under the names `WRAPPERS` hold rows; any other member is structure. A bracket that
closes an array of rows is believed only if what follows it is a wrapper that goes on or ends, up to
the end of the file or to another wrapper. A stray bracket in a damaged row would otherwise end the
data.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from prefdata.io.containers.json_scan import Buffer, ScanState, top_level

WRAPPERS = (
    *("data", "dataset", "rows", "records", "items", "examples", "instances", "samples"),
    *("train", "test", "valid", "validation"),
)
"""Names under which such an object holds its rows."""

_NAMES = "|".join(WRAPPERS)
_STRING = r'"(?:[^"\\]++|\\.)*+"'
_SCALAR = rf'(?:{_STRING}|[^"\s{{}}\[\],]++)'
_MEMBER = rf"{_STRING}\s*+:\s*+(?:{_SCALAR}|\{{[^{{}}]*+\}})\s*+,\s*+"
_JUNK = r"(?:[^\[\]{}]|\[\s*+\]|\{\s*+\}){0,4096}?"
"""What may stand before the first row of an array that is damaged."""
_FIRST_ROWS = re.compile(
    rf'\s*+\{{\s*+(?:{_MEMBER})*"(?:{_NAMES})"\s*+:\s*+\[(?={_JUNK}\{{)'.encode(), re.DOTALL
)
_SPACE = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*+")
_NEXT_MEMBER = re.compile(rf",\s*+({_STRING})\s*+:\s*+".encode(), re.DOTALL)
_VALUE = re.compile(_SCALAR.encode(), re.DOTALL)
_QUOTE, _ARRAY = b'"['
_ROWS_NAME = re.compile(rf'"(?:{_NAMES})"'.encode())
_ROWS_BEGIN = re.compile(rb"\[\s*+[\[{\]\"]")
_CUT_NAME = re.compile(rb'(?:,\s*+(?:"(?:[^"\\]++|\\.)*+\\?(?:"\s*+)?)?)?', re.DOTALL)
_LONGEST_NAME = 4096
_LONGEST_HEAD = 64 * 1024


def rows_in_wrapper(head: Buffer, start: int = 0) -> int | None:
    """The offset where rows begin, if `head` has at `start` an object that wraps them.

    >>> rows_in_wrapper(b'{"version": 1, "data": [{"prompt": "..."}]}')
    24
    """
    match = _FIRST_ROWS.match(head, start)
    return match.end() if match else None


class Tail(NamedTuple):
    """What follows a bracket that may close an array of rows.

    `rows`: other rows begin at `at`; `end`: nothing follows `at`; `stray`: the wrapper does not go
    on as one does, so the bracket closes nothing; `more`: that depends on bytes still to come.
    `members`: (name, size) of the members passed, whose values are not rows.
    """

    kind: Literal["rows", "end", "stray", "more"]
    at: int
    members: tuple[tuple[bytes, int], ...] = ()


def tail_of(buffer: Buffer, start: int, *, is_all: bool) -> Tail:
    """What follows the bracket before `start`. `is_all`: no bytes are to come.

    >>> tail_of(b'], "info": {"by": ["x"]}} ', 1, is_all=True)
    Tail(kind='end', at=26, members=((b'"info"', 23),))
    >>> tail_of(b'], {"prompt": "..."}]}', 1, is_all=True).kind
    'stray'
    """
    members: list[tuple[bytes, int]] = []
    at = start
    while True:
        begin = at = _past_space(buffer, at)
        if buffer[at : at + 1] == b"}":
            return _after_object(buffer, at + 1, members, is_all=is_all)
        name = _NEXT_MEMBER.match(buffer, at)
        if name is None:
            could_be = len(buffer) - at < _LONGEST_NAME and _CUT_NAME.fullmatch(buffer, at)
            return Tail("more" if could_be else "stray", at)
        at = name.end()
        if _ROWS_NAME.fullmatch(name.group(1)) and _ROWS_BEGIN.match(buffer, at):
            return Tail("rows", at + 1, tuple(members))
        kind, at = _end_of_value(buffer, at)
        if kind != "member":
            return Tail(kind, at)
        members.append((name.group(1), at - begin))


def tail_of_array(buffer: Buffer, start: int, *, is_all: bool) -> Tail:
    """What follows the bracket before `start`, which may close an array that nothing wraps.

    >>> tail_of_array(b"] \\n", 1, is_all=True).kind, tail_of_array(b"], {}", 1, is_all=True).kind
    ('end', 'stray')
    """
    at = _past_space(buffer, start)
    if at == len(buffer):
        return Tail("end" if is_all else "more", at)
    if buffer[at] != _ARRAY:
        return Tail("stray", at)
    return Tail("rows", at + 1)


def _after_object(
    buffer: Buffer, at: int, members: list[tuple[bytes, int]], *, is_all: bool
) -> Tail:
    at = _past_space(buffer, at)
    if at == len(buffer):
        return Tail("end" if is_all else "more", at, tuple(members))
    rows = rows_in_wrapper(buffer, at)
    if rows is not None:
        return Tail("rows", rows, tuple(members))
    could_be = buffer[at : at + 1] == b"{" and len(buffer) - at < _LONGEST_HEAD
    return Tail("more" if could_be and not is_all else "stray", at)


def _past_space(buffer: Buffer, at: int) -> int:
    match = _SPACE.match(buffer, at)
    return match.end() if match else at


def _end_of_value(buffer: Buffer, at: int) -> tuple[Literal["member", "stray", "more"], int]:
    """Where the value of a member ends, if it does."""
    is_open = at == len(buffer)
    if not is_open and buffer[at] in b"{[":
        ends = top_level(buffer, at, len(buffer), ScanState()).ends
        return ("member", ends[0]) if ends else ("more", at)
    value = _VALUE.match(buffer, at)
    end = value.end() if value else at
    following = _past_space(buffer, end)
    if is_open or following == len(buffer) or (value is None and buffer[at] == _QUOTE):
        return "more", at
    return ("member", end) if value and buffer[following] in b",}" else ("stray", at)
