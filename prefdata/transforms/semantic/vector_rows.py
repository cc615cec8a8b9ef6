"""Rows that consist of several vectors (parts) and are compared by the cosines of their parts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from prefdata.records.arrays import Doubles, Floats, Ints

Levels = npt.NDArray[np.int32]
"""Similarities in ten-thousandths, as they are compared with thresholds."""

LEVELS = 10_000

BLOCK = 1024
"""Rows compared at a time."""
TILE = 2048
"""Other rows with which they are compared at a time."""


@dataclass(frozen=True)
class VectorRows:
    """n rows: part p of row i is `vectors[places[i, p]]`; `scales[i, p]` times it has length 1."""

    vectors: npt.NDArray[Any]
    places: Ints
    scales: Doubles

    @classmethod
    def of(cls, vectors: npt.NDArray[Any], places: Ints) -> VectorRows:
        """Rows from vectors (m, d), float16 or float32, and positions in them (n, parts).

        Raises ValueError for other arrays, a negative position, and a vector that is zero or not
        finite.
        """
        if places.size and places.min() < 0:
            raise ValueError("a row without an embedding: leave it out of the search")
        if vectors.ndim != 2 or vectors.dtype not in (np.float16, np.float32):
            raise ValueError(f"{vectors.dtype} {vectors.shape}: vectors are float16 or float32")
        scales = np.empty(places.shape)
        for start in range(0, len(places), BLOCK):
            block = slice(start, start + BLOCK)
            raw = vectors[places[block]].astype(np.float32)
            squares = np.einsum("npd,npd->np", raw, raw, dtype=np.float64)
            if not (np.isfinite(squares) & (squares > 0)).all():
                raise ValueError("a vector of length zero, or not finite: leave it out")
            scales[block] = 1 / np.sqrt(squares)
        return cls(vectors, places, scales)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def parts(self) -> int:
        return int(self.places.shape[1])

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    @cached_property
    def raw(self) -> tuple[npt.NDArray[Any], bool]:
        """The vectors for kernels, and whether they are float16 viewed as int16."""
        is_half = self.vectors.dtype == np.float16
        whole = np.ascontiguousarray(self.vectors)
        return (whole.view(np.int16) if is_half else whole), is_half

    def block(self, rows: slice | Ints) -> Floats:
        """The vectors (b, parts, d) of some rows, not normalised."""
        return np.asarray(self.vectors[self.places[rows]], np.float32)

    def units(self, rows: slice | Ints, part: int) -> Floats:
        """A part of some rows at unit length (b, d)."""
        scales = self.scales[rows, part].astype(np.float32)
        return np.asarray(self.vectors[self.places[rows, part]], np.float32) * scales[:, None]

    def take(self, rows: Ints | slice) -> VectorRows:
        """Some of the rows."""
        return VectorRows(self.vectors, self.places[rows], self.scales[rows])


def distinct_rows(parts: Sequence[Ints]) -> tuple[Ints, Ints]:
    """The first row of each distinct combination of parts, ascending, and for every row (n) which
    of them it is.

    >>> distinct_rows([np.array([5, 7, 5, 5]), np.array([1, 1, 1, 2])])
    (array([0, 1, 3]), array([0, 1, 0, 2]))
    """
    key = np.zeros(len(parts[0]), np.int64)
    for part in parts:
        _, codes = np.unique(part, return_inverse=True)
        _, key = np.unique(key * (len(part) + 1) + codes, return_inverse=True)
    _, firsts, codes = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return firsts[order], places[codes]


Spread = Callable[[Callable[[slice], object], int], None]
"""`spread(work, count)`: calls `work` for slices of `range(count)`."""


@contextmanager
def threads() -> Iterator[Spread]:
    """A function that runs slices of work on all cores, one thread each; the work must release the
    interpreter lock.

    Meanwhile each matrix product stays on its thread: threads of its own would wait for each other,
    which takes twice the time if a core is busy otherwise.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    workers = min(cores or 1, 32)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers) as pool:

        def spread(work: Callable[[slice], object], count: int) -> None:
            step = max(-(-count // workers), 1)
            slices = [slice(i, min(i + step, count)) for i in range(0, count, step)]
            list(pool.map(work, slices))

        yield spread
