"""How many shingles sets have in common."""

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
    """Writes (pair, combination): how many shingles two parts of two rows have in common.

    Part p of row r holds `hashes[bounds[3 * r + p] : bounds[3 * r + p + 1]]`; a combination is a
    part of the lower row and one of the higher.
    """
    for pair in range(len(low)):
        for number in range(len(combinations)):
            one = 3 * low[pair] + combinations[number, 0]
            other = 3 * high[pair] + combinations[number, 1]
            counts[pair, number] = _common(
                hashes[bounds[one] : bounds[one + 1]], hashes[bounds[other] : bounds[other + 1]]
            )
