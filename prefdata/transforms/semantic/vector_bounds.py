"""Upper bounds of similarities from few dimensions, which exact search evaluates first.

Along the principal axes of the vectors (Pearson 1901; of the uncentred second moments) the first k
of d coordinates carry most of their length. With |t| the length of the remaining coordinates, the
Cauchy-Schwarz inequality bounds the cosine of two unit vectors: a · b <= a_k · b_k + |t_a| |t_b|.
This is the dot product of the k coordinates with |t| as one more, so one matrix product of width
k + 1 bounds all similarities of two blocks. Whole vectors are compared only where the bound reaches
the threshold. The result is exact for any axes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.semantic.vector_rows import TILE, VectorRows

SEED = 0
_AXES_ROWS = 8192
_TRIAL_ROWS = 2048
_FEW_ROWS = 4096  # below it, axes cost more than they save
_WIDTHS = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512)
_ROUNDING = 4e-6  # of a squared length in single precision, with a margin

# The cost of a pair in nanoseconds per core: of its bound, by width, and of its whole vectors, by
# dimension. Measured; they affect speed only, never the result.
_BOUND, _WIDTH, _PAIR, _DIMENSION = 0.4, 0.027, 60.0, 0.25


@dataclass(frozen=True)
class Axes:
    """The part of the rows that is bounded, and the axes (d, k) on which it is projected."""

    part: int
    axes: Floats

    @property
    def width(self) -> int:
        return int(self.axes.shape[1]) + 1

    def bound(self, rows: VectorRows, which: slice | Ints) -> Floats:
        """Unit vectors (b, k + 1) of b rows, whose cosines bound those of the part."""
        return project(rows.units(which, self.part), self.axes)


def project(units: Floats, axes: Floats) -> Floats:
    """Unit vectors (b, d) projected on the axes (d, k), with the length of the rest: (b, k + 1)."""
    made = np.empty((len(units), axes.shape[1] + 1), np.float32)
    made[:, :-1] = units @ axes
    held = np.einsum("nk,nk->n", made[:, :-1], made[:, :-1])
    made[:, -1] = np.sqrt(np.maximum(1 - held, 0) + np.float32(_ROUNDING))
    return made


def fit_axes(rows: VectorRows, other: VectorRows, reach: float | None, nearest: float) -> Axes:
    """The part and the number of axes for which comparing `rows` with `other` is cheapest.

    The share of pairs that pass is estimated on sampled rows. A pair passes if its bound reaches
    `reach`, or, if that is None, the value reached by the share `nearest` of all pairs of a row.
    """
    if len(rows) * len(other) <= _FEW_ROWS**2:
        return Axes(0, np.eye(rows.dimension, dtype=np.float32))
    plans = [
        (cost, Axes(part, np.ascontiguousarray(axes[:, :width])))
        for part in range(rows.parts)
        for axes in [principal_axes(other, part)]
        for width, cost in _costs(rows, other, (part, axes), reach, nearest)
    ]
    return min(plans, key=lambda plan: plan[0])[1]


def principal_axes(rows: VectorRows, part: int) -> Floats:
    """The principal axes (d, d) of a part, by decreasing second moment."""
    units = rows.units(some_of(len(rows), _AXES_ROWS), part)
    _, axes = np.linalg.eigh((units.T @ units).astype(np.float64))
    return np.ascontiguousarray(axes[:, ::-1], np.float32)


def some_of(count: int, most: int) -> Ints:
    """At most `most` of `range(count)`, ascending, drawn with a fixed seed."""
    drawn = np.random.default_rng(SEED).choice(count, min(count, most), replace=False)
    return np.sort(drawn).astype(np.int64)


def _costs(
    rows: VectorRows,
    other: VectorRows,
    turn: tuple[int, Floats],
    reach: float | None,
    nearest: float,
) -> Iterator[tuple[int, float]]:
    """(width, average cost of a pair in nanoseconds) for bounds of each width."""
    part, axes = turn
    low = rows.units(some_of(len(rows), _TRIAL_ROWS), part) @ axes
    # every second one, so that few rows are in both samples
    high = other.units(some_of(len(other), 2 * _TRIAL_ROWS)[::2], part) @ axes
    needed: float | npt.NDArray[np.float32] = 0.0 if reach is None else reach
    if reach is None:
        needed = np.quantile(low @ high.T, 1 - min(max(nearest, 1 / len(high)), 1), axis=1)[:, None]
    dimension = len(axes)
    whole = _PAIR + _DIMENSION * dimension
    for width in (*(width for width in _WIDTHS if width < dimension), dimension):
        bounds = low[:, :width] @ high[:, :width].T
        bounds += np.outer(_rest(low, width), _rest(high, width))
        passing = float(np.mean(bounds >= needed))
        yield width, _BOUND + _WIDTH * width + whole * passing


def _rest(turned_units: Floats, width: int) -> Floats:
    rest = turned_units[:, width:]
    lengths: Floats = np.sqrt(np.einsum("nk,nk->n", rest, rest) + np.float32(_ROUNDING))
    return lengths


def products(block: Floats, others: Floats, room: Floats) -> Iterator[tuple[slice, Floats]]:
    """Dot products of a block with all others, tile by tile: (slice of the others, (b, t)).

    They are written to `room`, which needs at least b * TILE numbers.
    """
    for start in range(0, len(others), TILE):
        tile = slice(start, min(start + TILE, len(others)))
        made = room[: len(block) * (tile.stop - start)].reshape(len(block), -1)
        yield tile, np.matmul(block, others[tile].T, out=made)
