"""Cutting the pairs of an optimisation step into what runs through the model at a time."""

from __future__ import annotations

import numpy as np

from prefdata.reward.pairs import Ints, TokenPairs


def batches(pairs: TokenPairs, numbers: Ints, limit: int, *, packed: bool) -> list[Ints]:
    """The pairs in batches of at most `limit` tokens, padding included; alike in length.

    A pair longer than that is a batch of its own. Same pairs, same batches, in whatever order.
    """
    numbers = np.asarray(numbers, np.int64)
    rests = np.stack([pairs.chosen[numbers], pairs.rejected[numbers]]).astype(np.int64)
    shared = pairs.shared[numbers].astype(np.int64)
    lengths = shared + (rests.sum(0) if packed else rests.max(0))
    order = np.lexsort([numbers, lengths])
    found: list[list[int]] = []
    used = 0
    for number, length in zip(numbers[order].tolist(), lengths[order].tolist(), strict=True):
        many = len(found[-1]) + 1 if found else 1
        used = used + length if packed else 2 * many * length
        if not found or used > limit:
            found.append([])
            used = length if packed else 2 * length
        found[-1].append(number)
    return [np.array(batch, np.int64) for batch in found]
