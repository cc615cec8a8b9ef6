"""Batches with a bounded number of tokens: their ends, and their rows as padded arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Ints

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class TextBatch:
    """Token ids (rows, width) and mask (1: a token, 0: padding), both int64."""

    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def halves(self) -> tuple[TextBatch, TextBatch]:
        """The first half of the rows and the rest, of the same width; requires two rows."""
        middle = len(self) // 2
        return (
            TextBatch(self.ids[:middle], self.mask[:middle]),
            TextBatch(self.ids[middle:], self.mask[middle:]),
        )


def batch_end(lengths: Sequence[int] | Ints, start: int, bound: int) -> int:
    """The end of the batch that begins at `start`; `lengths` are in descending order.

    The row at `start` is the longest, so the cost of the batch is its length times the number of
    rows, padding included: as many rows as stay within the bound, and at least one.

    >>> batch_end([5, 4, 4, 1], 0, 10), batch_end([5, 4, 4, 1], 0, 3)
    (2, 1)
    """
    rows = max(1, bound // max(1, int(lengths[start])))
    return min(len(lengths), start + rows)


def padded(rows: Sequence[npt.NDArray[np.int32]], pad: int, *, left: bool) -> TextBatch:
    """Rows of token ids as one array, padded with `pad` on the left or on the right."""
    lengths = np.array([len(row) for row in rows])
    width = int(lengths.max())
    places = np.arange(width)
    is_token = places >= width - lengths[:, None] if left else places < lengths[:, None]
    ids = np.full(is_token.shape, pad, dtype=np.int64)
    ids[is_token] = np.concatenate(rows)
    return TextBatch(ids, is_token.astype(np.int64))


def in_lanes(
    function: Callable[[Item], Result], items: Iterator[Item], lanes: int
) -> Iterator[Result]:
    """Applies a function to items in `lanes` threads; results are in the order of the items.

    An item is requested only when a lane is about to be free. One lane needs no thread.
    """
    if lanes == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(lanes, thread_name_prefix="encoder") as pool:
        running: list[Future[Result]] = [
            pool.submit(function, item) for item in islice(items, lanes + 1)
        ]
        while running:
            yield running.pop(0).result()
            running += [pool.submit(function, item) for item in islice(items, 1)]
