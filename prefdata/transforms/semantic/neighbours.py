"""The most similar vectors of each vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.semantic.vector_bounds import Axes, fit_axes, products, some_of
from prefdata.transforms.semantic.vector_index import VectorIndex
from prefdata.transforms.semantic.vector_rows import (
    BLOCK,
    LEVELS,
    TILE,
    Floats,
    Levels,
    Spread,
    VectorRows,
    threads,
)

_CHUNK = 1 << 16  # of the base, whose bounds are held at a time

_WIDE, _MORE = 3, 32  # candidates that an index names: so many for each neighbour, and more
_PROBES = 2000  # queries that its recall is measured on

NOTHING = -LEVELS - 1
"""A level below all similarities."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest of n queries, the most similar first.

    `similarities` (n, k): cosines, rounded to 4 decimals, NaN where there are fewer; `positions`
    (n, k): into the base, -1 where there are fewer. Of the equally similar the lower position
    comes first. `recall`: None where search was exact; else the share of the k nearest that was
    found, of some queries.
    """

    similarities: Floats
    positions: Ints
    recall: float | None


def nearest(
    vectors: npt.NDArray[Any],
    queries: Ints,
    base: Ints,
    k: int,
    *,
    exclude_self: bool,
    exact_rows: int,
) -> Neighbours:
    """The k nearest `vectors[base]` of `vectors[queries]`.

    `vectors` (m, d): float16 or float32, may be a memory map; of any length but zero.
    `exclude_self`: without those that are the same index into `vectors`. A base of more than
    `exact_rows` is looked up in an index, which misses some. Raises ValueError for vectors that
    are not finite or zero.
    """
    asked, codes = np.unique(queries, return_inverse=True)
    rows = VectorRows.of(vectors, asked[:, None])
    others = VectorRows.of(vectors, base[:, None])
    own = asked if exclude_self else np.full(len(asked), -1)
    recall = None
    if len(base) <= exact_rows:
        levels, found = _exact_nearest(rows, others, k, own)
    else:
        levels, found, recall = _indexed_nearest(rows, others, k, own)
    return Neighbours(_cosines(levels)[codes], found[codes], recall)


def nearest_in(
    vectors: npt.NDArray[Any], queries: Ints, others: npt.NDArray[Any], k: int
) -> Neighbours:
    """The k nearest of other vectors (b, d), always by exact search; else as `nearest`."""
    asked, codes = np.unique(queries, return_inverse=True)
    rows = VectorRows.of(vectors, asked[:, None])
    base = VectorRows.of(others, np.arange(len(others))[:, None])
    if len(rows) and len(base) and rows.dimension != base.dimension:
        raise ValueError(f"vectors of {rows.dimension} and of {base.dimension} dimensions")
    levels, found = _exact_nearest(rows, base, k, np.full(len(asked), -1))
    return Neighbours(_cosines(levels)[codes], found[codes], None)


def _exact_nearest(rows: VectorRows, base: VectorRows, k: int, own: Ints) -> tuple[Levels, Ints]:
    """(n, k) levels and positions, NOTHING and -1 where there are fewer.

    `own` (n): the place of a vector that does not count as near; -1: they all do.
    """
    levels = np.full((len(rows), k), NOTHING, np.int32)
    found = np.full((len(rows), k), -1, np.int64)
    if not (len(rows) and len(base) and k):
        return levels, found
    axes = fit_axes(rows, base, None, k / len(base))
    room = np.empty(BLOCK * TILE, np.float32)
    with threads() as spread:
        for first in range(0, len(base), _CHUNK):
            chunk = slice(first, min(first + _CHUNK, len(base)))
            bounds = _bounds(base, axes, chunk)
            for start in range(0, len(rows), BLOCK):
                block = slice(start, start + BLOCK)
                bounding = axes.bound(rows, block), bounds, room
                lists = levels[block], found[block]
                _gather_block(rows.take(block), base, bounding, first, own[block], lists, spread)
    return levels, found


def _bounds(rows: VectorRows, axes: Axes, chunk: slice) -> Floats:
    bounds = np.empty((chunk.stop - chunk.start, axes.width), np.float32)
    for start in range(0, len(bounds), BLOCK):
        which = slice(chunk.start + start, min(chunk.start + start + BLOCK, chunk.stop))
        bounds[start : start + BLOCK] = axes.bound(rows, which)
    return bounds


def _gather_block(
    rows: VectorRows,
    base: VectorRows,
    bounding: tuple[Floats, Floats, Floats],
    first: int,
    own: Ints,
    lists: tuple[Levels, Ints],
    spread: Spread,
) -> None:
    """Looks at all of a chunk of the base, `first` onwards, for a block of rows."""
    from prefdata.kernels.dots import gather

    left, scales = rows.block(slice(None)), rows.scales
    right, is_half = base.raw
    block, bounds, room = bounding

    def work(some: slice) -> None:
        mine = left[some], scales[some], own[some], right, is_half
        levels, found = (each[some] for each in lists)
        for tile, made in products(block[some], bounds, room[some.start * TILE : some.stop * TILE]):
            at = slice(first + tile.start, first + tile.stop)
            gather(made, *mine, base.places[at], base.scales[at], at.start, levels, found)

    spread(work, len(left))


def _indexed_nearest(
    rows: VectorRows, base: VectorRows, k: int, own: Ints
) -> tuple[Levels, Ints, float]:
    """As `_exact_nearest`, by a graph of the base; and its recall."""
    from prefdata.kernels.dots import gather_among

    index = VectorIndex(base)
    for start in range(0, len(base), BLOCK):
        names = np.arange(start, min(start + BLOCK, len(base)))
        index.add(names, index.coordinates(base, names))
    levels = np.full((len(rows), k), NOTHING, np.int32)
    found = np.full((len(rows), k), -1, np.int64)
    right, is_half = base.raw
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        candidates = index.candidates(index.coordinates(rows, block), _WIDE * k + _MORE)
        mine = candidates, rows.block(block), rows.scales[block], own[block]
        others = right, is_half, base.places, base.scales
        gather_among(*mine, *others, levels[block], found[block])
    return levels, found, _recall(rows, base, levels, own)


def _recall(rows: VectorRows, base: VectorRows, levels: Levels, own: Ints) -> float:
    """The share of the k nearest of some queries that was found, or something as near."""
    probes = some_of(len(rows), _PROBES)
    exact, _ = _exact_nearest(rows.take(probes), base, levels.shape[1], own[probes])
    is_there = exact > NOTHING
    farthest = np.min(exact, axis=1, where=is_there, initial=LEVELS, keepdims=True)
    hits = np.count_nonzero(levels[probes] >= farthest)
    return hits / np.count_nonzero(is_there) if is_there.any() else 1.0


def _cosines(levels: Levels) -> Floats:
    made = levels / np.float32(LEVELS)
    made[levels == NOTHING] = np.nan
    return made.astype(np.float32)
