"""Unit vectors of texts from counts of n-grams: tf-idf with sublinear term frequency."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled


@compiled()
def weigh(
    bounds: np.ndarray,
    keys: np.ndarray,
    counts: np.ndarray,
    column_of: np.ndarray,
    rarity: np.ndarray,
    firsts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
) -> None:
    """Fills `columns` (ascending within a text), `values`, and `firsts` with each text's start.

    `column_of`: key to its column, -1 if it is left out; `rarity`: the weight of each column.
    `columns` and `values` need room for as many entries as there are keys.
    """
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    found, weights = np.empty(longest, np.int32), np.empty(longest, np.float32)
    made = 0
    for text in range(len(bounds) - 1):
        firsts[text] = made
        count, square = 0, 0.0
        for entry in range(bounds[text], bounds[text + 1]):
            column = column_of[keys[entry]]
            if column >= 0:
                weight = (1.0 + np.log(np.float64(counts[entry]))) * rarity[column]
                found[count], weights[count] = column, weight
                square += weight * weight
                count += 1
        length = np.sqrt(square)
        order = np.argsort(found[:count])
        for place in order:
            columns[made], values[made] = found[place], weights[place] / length
            made += 1
    firsts[len(bounds) - 1] = made
