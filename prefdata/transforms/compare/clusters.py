"""Who represents whom, and which clusters contradict each other.

Numbers are ranks: a lower one is preferred. Going up, a row that nobody represents yet represents
all rows that are known to be like it (a greedy maximal independent set). So every row that goes is
alike to the one that stays for it, and no two that stay are known to be alike; chains of small
steps, which connected components would join into one, do not pull unlike rows along.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from prefdata.records.texts import Ints

Policy = Literal["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"]


def representatives(count: int, low: Ints, high: Ints) -> Ints:
    """The representative of each of `count` rows, itself where it is one.

    `low[i]` and `high[i]` are alike, `low[i] < high[i]`, in any order.

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


def overruled(
    policy: Policy,
    conflicts: Iterable[tuple[int, int]],
    votes: Ints,
    margins: np.ndarray,
) -> set[int]:
    """The clusters that go because their label is contradicted.

    `conflicts`: pairs of clusters, (lower, higher) representative; `votes[i]` and `margins[i]`:
    rows of cluster i, and the largest margin among them (NaN: none). What cannot be decided, such
    as a tie of votes, goes on both sides.
    """
    gone: set[int] = set()
    for low, high in sorted(conflicts):
        if policy == "drop-all":
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
