"""Products of a sparse matrix with a dense one, for some of its rows at a time.

Entry e of row i (`bounds[i]` <= e < `bounds[i + 1]`) is `values[e]` in column `columns[e]`. Sums
are taken in the order of the entries, whatever runs in parallel.
"""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled


@compiled()
def times(
    bounds: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    dense: np.ndarray,
    places: np.ndarray,
    first: int,
    last: int,
    found: np.ndarray,
) -> None:
    """Fills rows `first` to `last` of `found` with the product with `dense` (columns, K).

    `places` (K or fewer): the columns of `found` that the first columns of the product go to.
    Entries are added one after the other, but four in one pass, so that sums are read and written
    once for all of them.
    """
    total = np.empty(dense.shape[1], np.float32)
    for row in range(first, last):
        total[:] = 0
        entry, end = bounds[row], bounds[row + 1]
        while entry + 4 <= end:
            v0, v1, v2, v3 = values[entry], values[entry + 1], values[entry + 2], values[entry + 3]
            r0, r1 = dense[columns[entry]], dense[columns[entry + 1]]
            r2, r3 = dense[columns[entry + 2]], dense[columns[entry + 3]]
            for k in range(len(total)):
                total[k] = total[k] + v0 * r0[k] + v1 * r1[k] + v2 * r2[k] + v3 * r3[k]
            entry += 4
        while entry < end:
            value, row_of_dense = values[entry], dense[columns[entry]]
            for k in range(len(total)):
                total[k] += value * row_of_dense[k]
            entry += 1
        for k in range(len(places)):
            found[row, places[k]] = total[k]


@compiled()
def pull_of_texts(
    chosen: np.ndarray, rejected: np.ndarray, pull: np.ndarray, of_texts: np.ndarray
) -> None:
    """Adds derivatives by margins (n, K) to those by texts (texts + 1, K); the last: no text."""
    for pair in range(len(pull)):
        for k in range(pull.shape[1]):
            of_texts[chosen[pair], k] += pull[pair, k]
            of_texts[rejected[pair], k] -= pull[pair, k]


@compiled()
def add_squares(
    bounds: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    uses: np.ndarray,
    diagonal: np.ndarray,
) -> None:
    """Adds the squares of all entries to `diagonal` by column, times the `uses` of their texts."""
    for text in range(len(bounds) - 1):
        for entry in range(bounds[text], bounds[text + 1]):
            value = np.float64(values[entry])
            diagonal[columns[entry]] += uses[text] * value * value
