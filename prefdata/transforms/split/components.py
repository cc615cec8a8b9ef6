"""Connected components of a graph."""

from __future__ import annotations

import numpy as np

from prefdata.records.arrays import Ints


def lowest_connected(one: Ints, other: Ints, count: int) -> Ints:
    """The lowest vertex (count) that each vertex is connected with, by edges `one[i]`, `other[i]`.

    Every vertex starts as the head of its own component. In each round heads that an edge connects
    join the lowest of them, and vertices follow their head; at least half of the heads that have
    an edge to another go within two rounds.

    >>> lowest_connected(np.array([3, 4]), np.array([1, 3]), 5).tolist()
    [0, 1, 2, 1, 1]
    """
    heads: Ints = np.arange(count)
    while True:
        a, b = heads[one], heads[other]
        is_apart = a != b
        if not is_apart.any():
            return heads
        one, other = one[is_apart], other[is_apart]
        a, b = a[is_apart], b[is_apart]
        np.minimum.at(heads, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(further := heads[heads], heads):
            heads = further
