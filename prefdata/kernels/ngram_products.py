"""Products of a sparse matrix of texts with a dense one, for some of its columns at a time.

Entry e of text i (`bounds[i]` <= e < `bounds[i + 1]`) is `values[e]` in column `columns[e]`. Sums
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
    weights: np.ndarray,
    first: int,
    last: int,
    found: np.ndarray,
) -> None:
    """Fills columns `first` to `last` of `found` (texts, K): the product with `weights`.

    `weights`: (width, K).
    """
    total = np.empty(last - first, np.float32)
    for text in range(len(bounds) - 1):
        total[:] = 0
        for entry in range(bounds[text], bounds[text + 1]):
            value = values[entry]
            row = weights[columns[entry], first:last]
            for k in range(len(total)):
                total[k] += value * row[k]
        found[text, first:last] = total


@compiled()
def transposed(
    bounds: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    pull: np.ndarray,
    first: int,
    last: int,
    gradient: np.ndarray,
) -> None:
    """Adds the transposed product with `pull` to columns `first` to `last` of `gradient`.

    `pull`: (texts, K); `gradient`: (width, K).
    """
    own = np.empty(last - first, np.float32)
    for text in range(len(bounds) - 1):
        own[:] = pull[text, first:last]
        for entry in range(bounds[text], bounds[text + 1]):
            value = values[entry]
            row = gradient[columns[entry], first:last]
            for k in range(len(own)):
                row[k] += value * own[k]


@compiled()
def pull_of_texts(
    chosen: np.ndarray,
    rejected: np.ndarray,
    pull: np.ndarray,
    first: int,
    last: int,
    of_texts: np.ndarray,
) -> None:
    """Adds derivatives by margins (n, K) to those by texts (texts + 1, K); the last: no text."""
    for pair in range(len(pull)):
        for k in range(first, last):
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
