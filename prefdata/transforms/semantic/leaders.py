"""Who represents whom among rows of vectors: greedy, in order of rank.

Going up, a row that is not alike to any representative so far becomes one; any other is represented
by the most similar of them. Two rows are as similar as the least of the cosines of their parts.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    Doubles,
    Floats,
    Levels,
    Spread,
    VectorRows,
    different,
    threads,
)

_CANDIDATES = 32  # representatives that an index names for a row
_PROBES = 2000  # rows that its recall is measured on


@dataclass(frozen=True)
class Leaders:
    """Who represents each of n rows, itself where it does, and how alike they are.

    `similarities` (n, parts): cosines, rounded to 4 decimals. `recall`: None where search was
    exact; else, of some rows that are alike to a representative, the share of which it was found.
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
    """Representatives of n rows; row i is made of `vectors[parts[p][i]]`, lower i is preferred.

    `vectors` (m, d): float16 or float32, may be a memory map; of any length but zero. Rows are
    alike where the cosines of all parts, rounded to 4 decimals, reach the threshold. Of the most
    similar representatives the lowest is taken. Rows of the very same parts share theirs. More
    different rows than `exact_rows` are looked up in an index, which misses some.

    Memory, beside the vectors: per different row at most 4 (d + 1) bytes, and some blocks. Raises
    ValueError for vectors that are not finite or zero.
    """
    firsts, codes = different(parts)
    rows = VectorRows.of(vectors, np.stack([part[firsts] for part in parts], axis=1))
    recall = None
    if len(rows) <= exact_rows:
        found = _exact_leaders(rows, least_level(threshold))
    else:
        found, recall = _indexed_leaders(rows, least_level(threshold))
    similarities = _similarities(rows, found)
    return Leaders(firsts[found][codes], similarities[codes], recall)


def least_level(threshold: float) -> int:
    """The similarity, in ten-thousandths, from which rows are alike.

    >>> least_level(0.9), least_level(0.90001)
    (9000, 9001)
    """
    return int(np.ceil(threshold * LEVELS - 1e-6))


def _exact_leaders(rows: VectorRows, least: int) -> Ints:
    """The representative of each row; every pair is looked at, most of them from afar."""
    found = np.arange(len(rows))
    axes = fit_axes(rows, rows, least / LEVELS, 0.0)
    search = _Search(rows, axes, least)
    with threads() as spread:
        for start in range(0, len(rows), BLOCK):
            block = slice(start, min(start + BLOCK, len(rows)))
            found[block] = search.add(block, spread)
    return found


class _Search:
    """The representatives so far, and what a block of rows is compared with them by."""

    def __init__(self, rows: VectorRows, axes: Axes, least: int) -> None:
        self._rows = rows
        self._axes = axes
        self._least = least
        self._count = 0
        self._names = np.empty(len(rows), np.int64)
        self._bounds = np.empty((len(rows), axes.width), np.float32)  # pages come when written to
        self._room = np.empty(BLOCK * max(TILE, BLOCK), np.float32)

    def add(self, block: slice, spread: Spread) -> Ints:
        """Representatives of the next rows; those among themselves are kept for later ones."""
        left, scales = self._rows.block(block), self._rows.scales[block]
        bounds = self._axes.bound(self._rows, block)
        levels, found = self.look_up(bounds, left, scales, spread)
        within = self._room[: len(left) ** 2].reshape(len(left), len(left))
        np.matmul(bounds, bounds.T, out=within)
        new = _settled(block, within, left, scales, self._least, levels, found)
        kept = slice(self._count, self._count + len(new))
        self._names[kept], self._bounds[kept] = new + block.start, bounds[new]
        self._count = kept.stop
        return found

    def look_up(
        self, bounds: Floats, left: Floats, scales: Doubles, spread: Spread
    ) -> tuple[Levels, Ints]:
        """The most alike representative of each row of a block, -1 where none is alike."""
        from prefdata.kernels.dots import improve

        levels = np.full(len(left), self._least - 1, np.int32)
        found = np.full(len(left), -1, np.int64)
        right, is_half = self._rows.raw

        def work(some: slice) -> None:
            room = self._room[some.start * TILE : some.stop * TILE]
            mine = left[some], scales[some], right, is_half
            for tile, made in products(bounds[some], self._bounds[: self._count], room):
                names = self._names[tile]
                others = self._rows.places[names], self._rows.scales[names], names
                improve(made, *mine, *others, levels[some], found[some])

        spread(work, len(left))
        return levels, found


def _indexed_leaders(rows: VectorRows, least: int) -> tuple[Ints, float]:
    """As `_exact_leaders`, by a graph of the representatives; and its recall."""
    from prefdata.kernels.dots import improve_among

    index = VectorIndex(rows)
    found = np.arange(len(rows))
    for start in range(0, len(rows), BLOCK):
        block = slice(start, min(start + BLOCK, len(rows)))
        near = index.coordinates(rows, block)
        candidates = index.candidates(near, _CANDIDATES)
        left, scales = rows.block(block), rows.scales[block]
        levels, best = np.full(len(left), least - 1, np.int32), found[block]
        improve_among(candidates, left, scales, *rows.raw, rows.places, rows.scales, levels, best)
        new = _settled(block, near @ near.T, left, scales, least, levels, best)
        index.add(new + start, near[new])
    return found, _leaders_recall(rows, found, least)


def _leaders_recall(rows: VectorRows, found: Ints, least: int) -> float:
    """Of some rows that are alike to a representative before them, the share of which one was
    found; 1 where there is no such row."""
    from prefdata.kernels.dots import improve

    probes = some_of(len(rows), _PROBES)
    axes = fit_axes(rows, rows, least / LEVELS, 0.0)
    names = np.flatnonzero(found == np.arange(len(rows)))
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
    return float(np.mean(found[probes][is_alike] != probes[is_alike])) if is_alike.any() else 1.0


def _settled(
    block: slice,
    bounds: Floats,
    left: Floats,
    scales: Doubles,
    least: int,
    levels: Levels,
    found: Ints,
) -> Ints:
    """Goes up a block, of which `levels` and `found` say what came before it; the new ones."""
    from prefdata.kernels.dots import settle

    settle(block.start, bounds, left, scales, least, levels, found)
    return np.flatnonzero(found == np.arange(block.start, block.stop))


def _similarities(rows: VectorRows, found: Ints) -> Floats:
    """(n, parts): how alike each row is to its representative."""
    from prefdata.kernels.dots import pair_levels

    made = np.ones((len(rows), rows.parts), np.float32)
    right, is_half = rows.raw
    levels = np.empty(BLOCK, np.int32)
    for start in range(0, len(rows), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(rows)))
        block = block[found[block] != block]
        left = rows.block(block)
        for part in range(rows.parts):
            places, scales = rows.places[found[block], part], rows.scales[found[block], part]
            one = np.ascontiguousarray(left[:, part])
            own = rows.scales[block, part]
            pair_levels(one, own, right, is_half, places, scales, levels)
            made[block, part] = levels[: len(block)] / np.float32(LEVELS)
    return made
