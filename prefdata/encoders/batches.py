"""Batches bounded in tokens: how far a batch reaches, and its rows as padded arrays."""

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
        """The first rows and the others, of the same width; for two rows and more."""
        middle = len(self) // 2
        return (
            TextBatch(self.ids[:middle], self.mask[:middle]),
            TextBatch(self.ids[middle:], self.mask[middle:]),
        )


def batch_end(lengths: Sequence[int] | Ints, start: int, bound: int) -> int:
    """Where the batch ends that begins at `start`; lengths fall from first to last.

    The row at `start` is the widest, so rows times its length is what the batch costs, padding
    included: as many rows as stay within the bound, and one row where not even one does.

    >>> batch_end([5, 4, 4, 1], 0, 10), batch_end([5, 4, 4, 1], 0, 3)
    (2, 1)
    """
    rows = max(1, bound // max(1, int(lengths[start])))
    return min(len(lengths), start + rows)


def padded(rows: Sequence[npt.NDArray[np.int32]], pad: int, *, left: bool) -> TextBatch:
    """Rows of token ids as one rectangle, filled up with `pad` on the left or on the right."""
    lengths = np.array([len(row) for row in rows])
    width = int(lengths.max())
    places = np.arange(width)
    taken = places >= width - lengths[:, None] if left else places < lengths[:, None]
    ids = np.full(taken.shape, pad, dtype=np.int64)
    ids[taken] = np.concatenate(rows)
    return TextBatch(ids, taken.astype(np.int64))


def in_lanes(
    function: Callable[[Item], Result], items: Iterator[Item], lanes: int
) -> Iterator[Result]:
    """Applies a function to items, `lanes` at a time in threads; results in order of the items.

    An item is asked for only when a lane is about to be free. One lane needs no thread.
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
