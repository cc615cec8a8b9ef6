"""Reporting the progress of a run through a callback."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Report = Callable[[str, int, int], None]
"""`report(step, done, total)`: called as parts of a step are finished."""

T = TypeVar("T")


def silent(step: str, done: int, total: int) -> None:
    """A `Report` that does nothing."""


def with_progress(parts: Iterable[T], step: str, total: int, report: Report) -> Iterator[T]:
    """Yields all parts, reporting after each how many of `total` have come."""
    report(step, 0, total)
    for done, part in enumerate(parts, start=1):
        report(step, done, total)
        yield part
