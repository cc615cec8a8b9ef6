"""Candidate pairs from MinHash bands: pairs of sets that share a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from prefdata.records.arrays import Ints
from prefdata.transforms.duplicates.shingles import Hashes

LEADERS = 4
"""How many first members of a crowded bucket are compared with all others."""


@dataclass(frozen=True)
class Candidates:
    """Candidate pairs, and how many were left out.

    `pairs`: (lower, higher) numbers, packed (see `pack_pairs`), ascending, each once. `skipped`:
    pairs of crowded buckets that are left out; a pair counts once per bucket.
    """

    pairs: Ints
    skipped: int


def bucket_pairs(keys: Hashes, numbers: Ints, crowd: int) -> Candidates:
    """The pairs of sets that share a band.

    `keys` (n): the band key of each set; `numbers` (n): its number. A bucket of up to `crowd` sets
    gives all its pairs; a larger one only pairs with its `LEADERS` lowest numbers, so that the work
    stays linear. Keys are truncated to the bits that the numbers leave free: this may add pairs
    that share no band, but never misses one.
    """
    members, sizes, starts = _buckets(keys, numbers)
    pairs_of_buckets = []
    for size in np.unique(sizes).tolist():
        starts_of_size = starts[sizes == size]
        if size <= crowd:
            low, high = np.triu_indices(size, 1)
            pairs_of_buckets.append(
                _pairs(
                    members[starts_of_size[:, None] + low], members[starts_of_size[:, None] + high]
                )
            )
        else:
            for start in starts_of_size.tolist():
                pairs_of_buckets.extend(_pairs_of_leaders(members[start : start + size]))
    large = sizes[sizes > crowd].astype(object)  # Python's integers: squares may be large
    skipped = sum((n - LEADERS) * (n - LEADERS - 1) // 2 for n in large)
    pairs = (
        ascending(np.concatenate(pairs_of_buckets)) if pairs_of_buckets else np.zeros(0, np.int64)
    )
    return Candidates(pairs, int(skipped))


Numbers = TypeVar("Numbers", Ints, Hashes)


def ascending(numbers: Numbers) -> Numbers:
    """The distinct numbers, ascending; on large arrays faster than np.unique."""
    ordered = np.sort(numbers)
    is_new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    return ordered[is_new]


def unpack_pairs(pairs: Ints) -> tuple[Ints, Ints]:
    """The lower and the higher numbers (n each) of n packed pairs."""
    return pairs >> 32, pairs & 0xFFFFFFFF


def pack_pairs(low: Ints, high: Ints) -> Ints:
    """Packs pairs of numbers below 2**31 into one number each, ordered by lower, then higher."""
    return (low << 32) | high


def _buckets(keys: Hashes, numbers: Ints) -> tuple[Ints, Ints, Ints]:
    """Members by bucket, ascending within each; sizes and starts of buckets of two or more."""
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
    return pack_pairs(low.ravel(), high.ravel())


def _pairs_of_leaders(members: Ints) -> list[Ints]:
    return [
        pack_pairs(np.broadcast_to(members[i], len(members) - i - 1), members[i + 1 :])
        for i in range(LEADERS)
    ]
