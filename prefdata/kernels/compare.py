"""Sizes of intersections of shingle sets."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled


@compiled(inline=True)
def _common(one: np.ndarray, other: np.ndarray) -> int:
    """The size of the intersection of two ascending arrays without repeats."""
    count = i = j = 0
    while i < len(one) and j < len(other):
        a, b = one[i], other[j]
        count += a == b
        i += a <= b
        j += b <= a
    return count


@compiled()
def common_shingles(
    hashes: np.ndarray,
    bounds: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    combinations: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Fills `counts` (pairs, combinations): how many shingles two parts of two rows share.

    Part p of row r has `hashes[bounds[3 * r + p] : bounds[3 * r + p + 1]]`, ascending without
    repeats. Pair i consists of the rows `low[i]` and `high[i]`; each of `combinations` (c, 2) is a
    part of the lower row and one of the higher row.
    """
    for pair in range(len(low)):
        for number in range(len(combinations)):
            one = 3 * low[pair] + combinations[number, 0]
            other = 3 * high[pair] + combinations[number, 1]
            counts[pair, number] = _common(
                hashes[bounds[one] : bounds[one + 1]], hashes[bounds[other] : bounds[other + 1]]
            )
