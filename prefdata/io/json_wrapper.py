"""Objects that wrap a whole data set: `{"version": 1, "data": [{...}, {...}]}`."""

from __future__ import annotations

import re

WRAPPERS = (
    *("data", "dataset", "rows", "records", "items", "examples", "instances", "samples"),
    *("train", "test", "valid", "validation"),
)
"""Names under which such an object holds its rows."""

_NAMES = "|".join(WRAPPERS)
_STRING = r'"(?:[^"\\]++|\\.)*+"'
_MEMBER = rf'{_STRING}\s*+:\s*+(?:{_STRING}|[^"\s{{}}\[\],]++|\{{[^{{}}]*+\}})\s*+,\s*+'
_FIRST_ROWS = re.compile(
    rf'\s*+\{{\s*+(?:{_MEMBER})*"(?:{_NAMES})"\s*+:\s*+\[(?=\s*+\{{)'.encode(), re.DOTALL
)
_NEXT_ROWS = re.compile(rf'"(?:{_NAMES})"\s*:\s*\['.encode())
_LONGEST_NAME = 64


def rows_in_wrapper(head: bytes) -> int | None:
    """Where the rows begin, if a text that begins with `head` is an object that wraps them.

    >>> rows_in_wrapper(b'{"version": 1, "data": [{"prompt": "..."}]}')
    24
    """
    match = _FIRST_ROWS.match(head)
    return match.end() if match else None


def next_rows(buffer: bytes | bytearray, start: int) -> int | None:
    """Where the rows of the next array in a wrapper begin."""
    match = _NEXT_ROWS.search(buffer, start)
    return match.end() if match else None


def settled(buffer: bytes | bytearray, start: int) -> int:
    """Up to here no array of rows begins, whatever follows the buffer."""
    return max(start, len(buffer) - _LONGEST_NAME)
