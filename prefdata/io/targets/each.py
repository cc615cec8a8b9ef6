"""Calling a function for many items, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def each(things: Iterable[A], call: Callable[[A], B], *, at_once: int) -> Iterator[tuple[A, B]]:
    """(item, result of `call`) in order of completion, with at most `at_once` concurrent calls.

    The first error is raised after running calls have ended; calls that have not begun are
    cancelled.

    >>> sorted(each([1, 2, 3], lambda number: number * number, at_once=2))
    [(1, 1), (2, 4), (3, 9)]
    """
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        begun = {pool.submit(call, thing): thing for thing in things}
        try:
            for future in as_completed(begun):
                yield begun[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
