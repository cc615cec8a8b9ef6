"""Representatives of clusters of similar rows, and clusters whose labels contradict each other.

Numbers are ranks: lower is preferred. In ascending order, each row without representative becomes
the representative of all rows similar to it (a greedy maximal independent set). So every dropped
row is similar to the row kept for it, and no two kept rows are similar. Connected components, by
contrast, would join dissimilar rows through chains of small differences.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from prefdata.records.arrays import Ints

Policy = Literal["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"]


def representatives(count: int, low: Ints, high: Ints) -> Ints:
    """The representative of each of `count` rows (count); a representative is its own.

    `low`, `high` (m): pairs of similar rows, `low[i] < high[i]`, in any order.

    >>> representatives(4, np.array([0, 1, 2]), np.array([1, 2, 3])).tolist()
    [0, 0, 2, 2]
    """
    chosen = np.arange(count)
    order = np.lexsort((high, low))
    is_taken = np.zeros(count, np.bool_)
    for one, other in zip(low[order].tolist(), high[order].tolist(), strict=True):
        if not (is_taken[one] or is_taken[other]):
            chosen[other] = one
            is_taken[other] = True
    return chosen


def overruled_clusters(
    policy: Policy,
    conflicts: Iterable[tuple[int, int]],
    votes: Ints,
    margins: np.ndarray,
    held: Ints,
) -> set[int]:
    """The clusters to drop because their label is contradicted, by a policy.

    `conflicts`: pairs of clusters as (lower, higher) representative. `votes[i]` and `margins[i]`:
    the number of rows of cluster i and their largest margin (NaN for none). `held[i]`: how much a
    published split holds it out; of two clusters that differ in it, the policy may only drop the
    one that is held out less. If a policy cannot decide, for example at a tie of votes, both
    clusters are dropped.
    """
    gone: set[int] = set()
    for low, high in sorted(conflicts):
        if policy == "flag":
            break
        if held[low] != held[high]:
            gone.add(low if held[low] < held[high] else high)
        elif policy == "drop-all":
            gone |= {low, high}
        elif policy == "keep-first":
            if low not in gone:
                gone.add(high)
        elif policy == "keep-majority":
            gone |= _less(low, high, int(votes[low]), int(votes[high]))
        elif policy == "keep-margin":
            sizes = np.nan_to_num(margins[[low, high]], nan=-np.inf)
            gone |= _less(low, high, float(sizes[0]), float(sizes[1]))
    return gone


def _less(low: int, high: int, one: float, other: float) -> set[int]:
    if one == other:
        return {low, high}
    return {low} if one < other else {high}
