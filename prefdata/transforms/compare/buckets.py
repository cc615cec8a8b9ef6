"""From bands to candidates: which sets are worth comparing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from prefdata.records.texts import Ints
from prefdata.transforms.compare.shingles import Hashes

LEADERS = 4
"""Members of a crowded bucket that all others are compared with, the first ones."""


@dataclass(frozen=True)
class Candidates:
    """Pairs of numbers (lower, higher), each once and ascending; what a crowd left out.

    `skipped`: pairs of crowded buckets that are not among them (a pair counts in each bucket).
    """

    pairs: Ints
    skipped: int


def bucket_pairs(keys: Hashes, numbers: Ints, crowd: int) -> Candidates:
    """The pairs of sets that share a band.

    `keys[i]` is the band of set `numbers[i]`. Of buckets of up to `crowd` sets all pairs are
    given; of larger ones those with the `LEADERS` lowest numbers, so that the work stays linear.
    Keys are cut to the bits that the numbers leave: sets that only seem to share a band are
    compared in vain, and none is missed.
    """
    members, sizes, starts = _buckets(keys, numbers)
    found = []
    for size in np.unique(sizes).tolist():
        these = starts[sizes == size]
        if size <= crowd:
            low, high = np.triu_indices(size, 1)
            found.append(_pairs(members[these[:, None] + low], members[these[:, None] + high]))
        else:
            for start in these.tolist():
                found.extend(_led(members[start : start + size]))
    large = sizes[sizes > crowd].astype(object)  # Python's integers: squares may be large
    skipped = sum((n - LEADERS) * (n - LEADERS - 1) // 2 for n in large)
    pairs = ascending(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return Candidates(pairs, int(skipped))


Numbers = TypeVar("Numbers", Ints, Hashes)


def ascending(numbers: Numbers) -> Numbers:
    """Each different number once, in ascending order; on large arrays faster than np.unique."""
    ordered = np.sort(numbers)
    is_new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered[is_new]


def unpacked(pairs: Ints) -> tuple[Ints, Ints]:
    """The lower and the higher number of each packed pair."""
    return pairs >> 32, pairs & 0xFFFFFFFF


def packed(low: Ints, high: Ints) -> Ints:
    """Pairs of numbers below 2**31 as one number each, which sort by the lower, then the higher."""
    return (low << 32) | high


def _buckets(keys: Hashes, numbers: Ints) -> tuple[Ints, Ints, Ints]:
    """Members by bucket, ascending in each; sizes and starts of the buckets of two or more."""
    bits = max(int(numbers.max()).bit_length(), 1) if len(numbers) else 1
    low = np.uint64((1 << bits) - 1)
    ordered = np.sort((keys & ~low) | numbers.astype(np.uint64))
    buckets = ordered >> np.uint64(bits)
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = buckets[1:] != buckets[:-1]
    starts = np.flatnonzero(is_new)
    sizes = np.diff(np.append(starts, len(ordered)))
    shared = sizes > 1
    return (ordered & low).astype(np.int64), sizes[shared], starts[shared]


def _pairs(low: Ints, high: Ints) -> Ints:
    return packed(low.ravel(), high.ravel())


def _led(members: Ints) -> list[Ints]:
    return [
        packed(np.broadcast_to(members[i], len(members) - i - 1), members[i + 1 :])
        for i in range(LEADERS)
    ]
