"""Nearest neighbours of vectors by cosine similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.semantic.vector_bounds import Axes, fit_axes, products, some_of
from prefdata.transforms.semantic.vector_index import VectorIndex
from prefdata.transforms.semantic.vector_rows import (
    BLOCK,
    LEVELS,
    TILE,
    Levels,
    Spread,
    VectorRows,
    threads,
)

_CHUNK = 1 << 16  # vectors of the base whose bounds are in memory at a time

_WIDE, _MORE = 3, 32  # candidates that an index proposes: per neighbour, and extra
_PROBES = 2000  # queries on which its recall is measured

NOTHING = -LEVELS - 1
"""A level below all similarities."""


@dataclass(frozen=True)
class Neighbours:
    """The k nearest neighbours of n queries, the most similar first.

    `similarities` (n, k): cosines, rounded to 4 decimals; `positions` (n, k): in the base. NaN and
    -1 if there are fewer. At a tie the lower position comes first. `recall`: None for exact search;
    else the share (0 to 1) of the k nearest that was found, for sampled queries.
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
    """The k nearest `vectors[base]` of each of `vectors[queries]`.

    `vectors` (m, d): float16 or float32, not zero, may be a memory map. `exclude_self`: leave out
    the query's own position in `vectors`. If the base has more than `exact_rows` vectors, an
    approximate index is used, which misses some. Raises ValueError if a vector is zero or not
    finite.
    """
    asked, codes = np.unique(queries, return_inverse=True)
    rows = VectorRows.of(vectors, asked[:, None])
    others = VectorRows.of(vectors, base[:, None])
    own = asked if exclude_self else np.full(len(asked), -1)
    recall = None
    if len(base) <= exact_rows:
        levels, positions = _exact_nearest(rows, others, k, own)
    else:
        levels, positions, recall = _indexed_nearest(rows, others, k, own)
    return Neighbours(_cosines(levels)[codes], positions[codes], recall)


def nearest_in(
    vectors: npt.NDArray[Any], queries: Ints, others: npt.NDArray[Any], k: int
) -> Neighbours:
    """Like `nearest`, among other vectors (b, d) and always by exact search."""
    asked, codes = np.unique(queries, return_inverse=True)
    rows = VectorRows.of(vectors, asked[:, None])
    base = VectorRows.of(others, np.arange(len(others))[:, None])
    if len(rows) and len(base) and rows.dimension != base.dimension:
        raise ValueError(f"vectors of {rows.dimension} and of {base.dimension} dimensions")
    levels, positions = _exact_nearest(rows, base, k, np.full(len(asked), -1))
    return Neighbours(_cosines(levels)[codes], positions[codes], None)


def _exact_nearest(rows: VectorRows, base: VectorRows, k: int, own: Ints) -> tuple[Levels, Ints]:
    """Levels and positions (n, k) of the nearest, NOTHING and -1 if there are fewer.

    `own` (n): the position of a vector to leave out, -1 for none.
    """
    levels = np.full((len(rows), k), NOTHING, np.int32)
    positions = np.full((len(rows), k), -1, np.int64)
    if not (len(rows) and len(base) and k):
        return levels, positions
    axes = fit_axes(rows, base, None, k / len(base))
    room = np.empty(BLOCK * TILE, np.float32)
    with threads() as spread:
        for first in range(0, len(base), _CHUNK):
            chunk = slice(first, min(first + _CHUNK, len(base)))
            bounds = _bounds(base, axes, chunk)
            for start in range(0, len(rows), BLOCK):
                block = slice(start, start + BLOCK)
                bounding = axes.bound(rows, block), bounds, room
                lists = levels[block], positions[block]
                _gather_block(rows.take(block), base, bounding, first, own[block], lists, spread)
    return levels, positions


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
    """Updates the nearest lists of a block of rows with a chunk of the base, from `first` on."""
    from prefdata.kernels.dots import gather

    left, scales = rows.block(slice(None)), rows.scales
    right, is_half = base.raw
    block, bounds, room = bounding

    def work(some: slice) -> None:
        mine = left[some], scales[some], own[some], right, is_half
        levels, positions = (each[some] for each in lists)
        for tile, made in products(block[some], bounds, room[some.start * TILE : some.stop * TILE]):
            at = slice(first + tile.start, first + tile.stop)
            gather(made, *mine, base.places[at], base.scales[at], at.start, levels, positions)

    spread(work, len(left))


def _indexed_nearest(
    rows: VectorRows, base: VectorRows, k: int, own: Ints
) -> tuple[Levels, Ints, float]:
    """Like `_exact_nearest`, with an approximate index of the base; and its recall."""
    from prefdata.kernels.dots import gather_among

    index = VectorIndex(base)
    for start in range(0, len(base), BLOCK):
        names = np.arange(start, min(start + BLOCK, len(base)))
        index.add(names, index.coordinates(base, names))
    levels = np.full((len(rows), k), NOTHING, np.int32)
    positions = np.full((len(rows), k), -1, np.int64)
    right, is_half = base.raw
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        candidates = index.candidates(index.coordinates(rows, block), _WIDE * k + _MORE)
        mine = candidates, rows.block(block), rows.scales[block], own[block]
        others = right, is_half, base.places, base.scales
        gather_among(*mine, *others, levels[block], positions[block])
    return levels, positions, _recall(rows, base, levels, own)


def _recall(rows: VectorRows, base: VectorRows, levels: Levels, own: Ints) -> float:
    """For sampled queries, the share (0 to 1) of the k nearest, or equally near ones, found."""
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
