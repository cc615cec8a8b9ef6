"""Marks that tell two completions apart: A and B, 1 and 2, 0 and 1, first and second, left, right.

A word's mark is compared with those of the two fields: `response_1` is the second of response_0 and
response_1, and `A` is the second if the user calls response_b the first.
"""

from __future__ import annotations

from typing import NamedTuple

from prefdata.dialects.labels.neutral import tokens_of
from prefdata.dialects.labels.preference import FIRST, OTHER, SECOND

_DIGITS = "digit"
_MARKS = {
    "a": ("letter", 0), "b": ("letter", 1), "甲": ("stem", 0), "乙": ("stem", 1),
    "0": (_DIGITS, 0), "1": (_DIGITS, 1), "2": (_DIGITS, 2),
    "first": ("ordinal", 0), "second": ("ordinal", 1), "1st": ("ordinal", 0),
    "2nd": ("ordinal", 1), "一": ("ordinal", 0), "二": ("ordinal", 1),
    "前者": ("ordinal", 0), "后者": ("ordinal", 1), "left": ("place", 0), "right": ("place", 1),
    "左": ("place", 0), "右": ("place", 1),
}  # fmt: skip


class Mark(NamedTuple):
    """What marks one of two completions. `at`: its place among marks of its kind, from 0; of digits
    the digit."""

    kind: str
    at: int


def mark_of(written: str) -> Mark | None:
    """The mark that a word is; None if it is none."""
    found = _MARKS.get(written)
    return None if found is None else Mark(*found)


def side_of_mark(mark: Mark, fields: tuple[str, str] | None) -> str | None:
    """The side (first or second) that a mark names, beside two fields; None if it names neither.

    Fields with marks of another kind, or without any, count in their order: A, 1, left and first
    name the one that comes first. A digit 0 names one only if the fields count from 0.

    >>> side_of_mark(Mark("digit", 1), ("response_0", "response_1"))
    'second'
    >>> side_of_mark(Mark("letter", 0), ("response_b", "response_a"))
    'second'
    """
    marks = None if fields is None else _marks_of_fields(*fields)
    if marks is not None and marks[0].kind == mark.kind:
        return FIRST if mark == marks[0] else SECOND if mark == marks[1] else None
    place = mark.at - 1 if mark.kind == _DIGITS else mark.at
    if place not in (0, 1):
        return None
    is_turned = marks is not None and marks[0].at > marks[1].at
    return FIRST if (place == 0) != is_turned else SECOND


def opposite(side: str) -> str:
    """The other side; a tie is its own."""
    return OTHER[side]


def _marks_of_fields(first: str, second: str) -> tuple[Mark, Mark] | None:
    """The marks in which the names of two fields differ; None if they differ in something else."""
    one, other = tokens_of(first), tokens_of(second)
    differing = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    if len(one) != len(other) or len(differing) != 1:
        return None
    found = [mark_of(token) or mark_of(_last(token)) for token in differing[0]]
    if found[0] is None or found[1] is None or found[0].kind != found[1].kind:
        return None
    return found[0], found[1]


def _last(token: str) -> str:
    """The end of a token such as answera, which may be a mark."""
    return token[-1:]
