"""Bounds of similarities out of few dimensions: what exact search looks at first.

Along the principal axes of the vectors (Pearson 1901; of their second moments, not centred) the
first k of d coordinates hold most of their length. With |t| the length of what the other axes
hold, Cauchy and Schwarz bound the cosine of two vectors of length one: a · b <= a_k · b_k +
|t_a| |t_b|. That is the dot product of the k coordinates with |t| as one more, so one product of
matrices k + 1 wide bounds all similarities of two blocks, and whole vectors are only looked at
where the bound reaches the threshold. Nothing is lost, whatever the axes are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.semantic.vector_rows import TILE, Floats, VectorRows

SEED = 0
_AXES_ROWS = 8192
_TRIAL_ROWS = 2048
_FEW_ROWS = 4096  # where axes are not worth their while
_WIDTHS = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512)
_ROUNDING = 4e-6  # of the square of a length, in single precision, generously

# What a pair costs, in nanoseconds on a core: its bound, by width; and its whole vectors, by
# dimension. Measured; they decide what is fastest, and never what is found.
_BOUND, _WIDTH, _PAIR, _DIMENSION = 0.4, 0.027, 60.0, 0.25


@dataclass(frozen=True)
class Axes:
    """Which part of the rows is bounded, and the axes (d, k) its vectors are turned to."""

    part: int
    axes: Floats

    @property
    def width(self) -> int:
        return int(self.axes.shape[1]) + 1

    def bound(self, rows: VectorRows, which: slice | Ints) -> Floats:
        """(b, k + 1): vectors of length one whose cosines bound those of the part."""
        return turned(rows.units(which, self.part), self.axes)


def turned(units: Floats, axes: Floats) -> Floats:
    """Vectors of length one along the axes, and the length of what these do not hold."""
    made = np.empty((len(units), axes.shape[1] + 1), np.float32)
    made[:, :-1] = units @ axes
    held = np.einsum("nk,nk->n", made[:, :-1], made[:, :-1])
    made[:, -1] = np.sqrt(np.maximum(1 - held, 0) + np.float32(_ROUNDING))
    return made


def fit_axes(rows: VectorRows, other: VectorRows, reach: float | None, nearest: float) -> Axes:
    """The part and the number of axes with which comparing `rows` with `other` is cheapest.

    It is tried on some rows which share of pairs would pass. A pair passes whose bound reaches
    `reach`; where that is None, what the share `nearest` of all pairs of a row reaches.
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
    """(d, d): the axes of a part, those that hold most first."""
    units = rows.units(some_of(len(rows), _AXES_ROWS), part)
    _, axes = np.linalg.eigh((units.T @ units).astype(np.float64))
    return np.ascontiguousarray(axes[:, ::-1], np.float32)


def some_of(count: int, most: int) -> Ints:
    """At most so many of `range(count)`, ascending, drawn with a fixed seed."""
    drawn = np.random.default_rng(SEED).choice(count, min(count, most), replace=False)
    return np.sort(drawn).astype(np.int64)


def _costs(
    rows: VectorRows,
    other: VectorRows,
    turn: tuple[int, Floats],
    reach: float | None,
    nearest: float,
) -> Iterator[tuple[int, float]]:
    """What a pair costs on average with bounds of each width."""
    part, axes = turn
    low = rows.units(some_of(len(rows), _TRIAL_ROWS), part) @ axes
    high = other.units(some_of(len(other), 2 * _TRIAL_ROWS)[::2], part) @ axes  # few of them twice
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
    """Dot products of a block with all others, a tile of them at a time: which, and (b, t).

    They are written to `room`, at least b times TILE numbers.
    """
    for start in range(0, len(others), TILE):
        tile = slice(start, min(start + TILE, len(others)))
        made = room[: len(block) * (tile.stop - start)].reshape(len(block), -1)
        yield tile, np.matmul(block, others[tile].T, out=made)
