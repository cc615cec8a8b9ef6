"""Things of a stream, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_groups(things: Iterable[T], most: int) -> Iterator[list[T]]:
    """All things in order, in lists of at most so many.

    >>> list(in_groups("abc", 2))
    [['a', 'b'], ['c']]
    """
    source = iter(things)
    while group := list(islice(source, most)):
        yield group
