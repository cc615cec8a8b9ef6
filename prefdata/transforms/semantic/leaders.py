"""Representatives among rows of vectors: greedy leader clustering, in order of rank.

In ascending order, a row that is not similar to any representative so far becomes one; any other is
represented by the most similar of them. The similarity of two rows is the minimum of the cosines of
their parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Floats, Ints
from prefdata.transforms.semantic.vector_bounds import Axes, fit_axes, products, some_of
from prefdata.transforms.semantic.vector_index import VectorIndex
from prefdata.transforms.semantic.vector_rows import (
    BLOCK,
    LEVELS,
    TILE,
    Levels,
    Spread,
    VectorRows,
    distinct_rows,
    threads,
)

_CANDIDATES = 32  # representatives that an index proposes for a row
_PROBES = 2000  # rows on which its recall is measured


@dataclass(frozen=True)
class Leaders:
    """The representative of each of n rows, itself if it is one.

    `similarities` (n, parts): cosines with it, rounded to 4 decimals. `recall`: None for exact
    search; else, of sampled rows that have a representative, the share (0 to 1) that found one.
    """

    representatives: Ints
    similarities: Floats
    recall: float | None


def leaders(
    vectors: npt.NDArray[Any],
    parts: Sequence[Ints],
    threshold: float,
    *,
    exact_rows: int,
) -> Leaders:
    """Representatives of n rows; row i consists of `vectors[parts[p][i]]`; lower i is preferred.

    `vectors` (m, d): float16 or float32, not zero, may be a memory map. Rows are similar if the
    cosines of all parts, rounded to 4 decimals, reach the threshold. Of equally similar
    representatives the lowest is taken. Rows with identical parts share one. If there are more
    distinct rows than `exact_rows`, an approximate index is used, which misses some.

    Memory besides the vectors: at most 4 (d + 1) bytes per distinct row, and some blocks. Raises
    ValueError if a vector is zero or not finite.
    """
    firsts, codes = distinct_rows(parts)
    rows = VectorRows.of(vectors, np.stack([part[firsts] for part in parts], axis=1))
    recall = None
    if len(rows) <= exact_rows:
        representatives = _exact_leaders(rows, least_level(threshold))
    else:
        representatives, recall = _indexed_leaders(rows, least_level(threshold))
    similarities = _similarities(rows, representatives)
    return Leaders(firsts[representatives][codes], similarities[codes], recall)


def least_level(threshold: float) -> int:
    """The threshold in ten-thousandths, rounded up.

    >>> least_level(0.9), least_level(0.90001)
    (9000, 9001)
    """
    return int(np.ceil(threshold * LEVELS - 1e-6))


def _exact_leaders(rows: VectorRows, least: int) -> Ints:
    """The representative (n) of each row, by exact search with bounds."""
    representatives = np.arange(len(rows))
    axes = fit_axes(rows, rows, least / LEVELS, 0.0)
    search = _Search(rows, axes, least)
    with threads() as spread:
        for start in range(0, len(rows), BLOCK):
            block = slice(start, min(start + BLOCK, len(rows)))
            representatives[block] = search.add(block, spread)
    return representatives


class _Search:
    """The representatives so far, with the bounds by which a block of rows is compared to them."""

    def __init__(self, rows: VectorRows, axes: Axes, least: int) -> None:
        self._rows = rows
        self._axes = axes
        self._least = least
        self._count = 0
        self._names = np.empty(len(rows), np.int64)
        self._bounds = np.empty((len(rows), axes.width), np.float32)  # allocated when written to
        self._room = np.empty(BLOCK * max(TILE, BLOCK), np.float32)

    def add(self, block: slice, spread: Spread) -> Ints:
        """The representatives of the next block of rows; adds the new ones among them."""
        left, scales = self._rows.block(block), self._rows.scales[block]
        bounds = self._axes.bound(self._rows, block)
        levels, representatives = self.look_up(bounds, left, scales, spread)
        within = self._room[: len(left) ** 2].reshape(len(left), len(left))
        np.matmul(bounds, bounds.T, out=within)
        new = _settled(block, within, left, scales, self._least, levels, representatives)
        kept = slice(self._count, self._count + len(new))
        self._names[kept], self._bounds[kept] = new + block.start, bounds[new]
        self._count = kept.stop
        return representatives

    def look_up(
        self, bounds: Floats, left: Floats, scales: Doubles, spread: Spread
    ) -> tuple[Levels, Ints]:
        """The level and the most similar representative of each row of a block, -1 for none."""
        from prefdata.kernels.dots import improve

        levels = np.full(len(left), self._least - 1, np.int32)
        representatives = np.full(len(left), -1, np.int64)
        right, is_half = self._rows.raw

        def work(some: slice) -> None:
            room = self._room[some.start * TILE : some.stop * TILE]
            mine = left[some], scales[some], right, is_half
            for tile, made in products(bounds[some], self._bounds[: self._count], room):
                names = self._names[tile]
                others = self._rows.places[names], self._rows.scales[names], names
                improve(made, *mine, *others, levels[some], representatives[some])

        spread(work, len(left))
        return levels, representatives


def _indexed_leaders(rows: VectorRows, least: int) -> tuple[Ints, float]:
    """Like `_exact_leaders`, with an approximate index of the representatives; and its recall."""
    from prefdata.kernels.dots import improve_among

    index = VectorIndex(rows)
    representatives = np.arange(len(rows))
    for start in range(0, len(rows), BLOCK):
        block = slice(start, min(start + BLOCK, len(rows)))
        near = index.coordinates(rows, block)
        candidates = index.candidates(near, _CANDIDATES)
        left, scales = rows.block(block), rows.scales[block]
        levels, best = np.full(len(left), least - 1, np.int32), representatives[block]
        improve_among(candidates, left, scales, *rows.raw, rows.places, rows.scales, levels, best)
        new = _settled(block, near @ near.T, left, scales, least, levels, best)
        index.add(new + start, near[new])
    return representatives, _leaders_recall(rows, representatives, least)


def _leaders_recall(rows: VectorRows, representatives: Ints, least: int) -> float:
    """Of sampled rows that are similar to an earlier representative, the share (0 to 1) for which
    one was found; 1 if there is no such row."""
    from prefdata.kernels.dots import improve

    probes = some_of(len(rows), _PROBES)
    axes = fit_axes(rows, rows, least / LEVELS, 0.0)
    names = np.flatnonzero(representatives == np.arange(len(rows)))
    levels, ignored = np.full(len(probes), least - 1, np.int32), np.empty_like(probes)
    right, is_half = rows.raw
    bounds, left, scales = axes.bound(rows, probes), rows.block(probes), rows.scales[probes]
    for start in range(0, len(names), TILE):
        tile = names[start : start + TILE]
        made = bounds @ axes.bound(rows, tile).T
        made[tile >= probes[:, None]] = -2
        others = right, is_half, rows.places[tile], rows.scales[tile], tile
        improve(made, left, scales, *others, levels, ignored)
    is_alike = levels >= least
    return (
        float(np.mean(representatives[probes][is_alike] != probes[is_alike]))
        if is_alike.any()
        else 1.0
    )


def _settled(
    block: slice,
    bounds: Floats,
    left: Floats,
    scales: Doubles,
    least: int,
    levels: Levels,
    representatives: Ints,
) -> Ints:
    """Settles the rows of a block in order, given their best earlier representatives (`levels`,
    `representatives`, both updated); returns the new representatives."""
    from prefdata.kernels.dots import settle

    settle(block.start, bounds, left, scales, least, levels, representatives)
    return np.flatnonzero(representatives == np.arange(block.start, block.stop))


def _similarities(rows: VectorRows, representatives: Ints) -> Floats:
    """The cosines (n, parts) of each row with its representative."""
    from prefdata.kernels.dots import pair_levels

    made = np.ones((len(rows), rows.parts), np.float32)
    right, is_half = rows.raw
    levels = np.empty(BLOCK, np.int32)
    for start in range(0, len(rows), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(rows)))
        block = block[representatives[block] != block]
        left = rows.block(block)
        for part in range(rows.parts):
            places, scales = (
                rows.places[representatives[block], part],
                rows.scales[representatives[block], part],
            )
            one = np.ascontiguousarray(left[:, part])
            own = rows.scales[block, part]
            pair_levels(one, own, right, is_half, places, scales, levels)
            made[block, part] = levels[: len(block)] / np.float32(LEVELS)
    return made
