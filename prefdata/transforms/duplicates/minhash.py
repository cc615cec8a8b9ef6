"""MinHash signatures and bands: similar texts are likely to share a band.

Every set is hashed once (one permutation hashing, Li, Owen and Zhang 2012): its elements are
assigned to bins, and the minimum of each bin is kept. An empty bin copies another bin, tried in a
random order of its own (optimal densification, Shrivastava 2017). Two signatures agree in a bin
with a probability equal to their Jaccard similarity; the cost is elements plus bins, not their
product.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Ints
from prefdata.transforms.duplicates.shingles import STEP, Hashes, mix, mix_array
from prefdata.transforms.duplicates.similarity import AGAIN_TAG, PARTS, PROMPT_TAG, On

EMPTY = 0xFFFFFFFF
_PLAIN_SECONDS = 1e-6
"""About what `bands_of` and the rest of the reference take for a shingle or a hash."""

HIT_RATIO = 0.99
"""The share (0 to 1) of pairs at the threshold that should share a band; more similar pairs do so
more often."""


def bands_for(threshold: float, hashes: int) -> tuple[int, int]:
    """(number of bands, values per band): the most values that still find pairs at the threshold.

    >>> bands_for(0.8, 256), bands_for(0.7, 256)
    ((32, 8), (42, 6))
    """
    values = 1
    while _hit_ratio(threshold, hashes // (values + 1), values + 1) >= HIT_RATIO:
        values += 1
    return hashes // values, values


def _hit_ratio(similarity: float, bands: int, values: int) -> float:
    return 1.0 - (1.0 - similarity**values) ** bands if bands else 0.0


def bands_of_rows(parts: list[tuple[Hashes, Ints]], hashes: int, bands: int, values: int) -> Hashes:
    """The band keys (bands, n) of n rows; two keys are equal if all values of the band are.

    `parts`: for prompt, chosen and rejected the shingles of all rows, and offsets (n + 1); empty
    for parts that are not compared. `hashes` <= 256.
    """
    rows = len(parts[0][1]) - 1
    if not pays((rows * hashes + sum(len(part) for part, _ in parts)) * _PLAIN_SECONDS):
        return _plain_bands(parts, hashes, bands, values)
    from prefdata.kernels.sketch import band_keys

    keys = np.empty((bands, rows), np.uint64)
    shingles, firsts = zip(*parts, strict=True)
    tags = np.uint64(PROMPT_TAG), np.uint64(AGAIN_TAG)
    band_keys(shingles, firsts, tags, orders(hashes), keys, values)
    return keys


def band_of_equals(parts: list[tuple[Hashes, Ints]]) -> Hashes:
    """One more band (n), shared by rows whose parts have equal shingles, also with swapped labels.

    In a crowd of similar rows not all are compared; those that are equal must meet all the same.
    """
    prompt, chosen, rejected = (mix_array(_sums(*part)) for part in parts)
    return mix_array(mix_array(prompt) + chosen + rejected)


def _sums(hashes: Hashes, firsts: Ints) -> Hashes:
    running = np.zeros(len(hashes) + 1, np.uint64)
    np.cumsum(mix_array(hashes), out=running[1:])
    return running[firsts[1:]] - running[firsts[:-1]]


@cache
def orders(hashes: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """For every bin the order in which it tries bins, itself first, and the inverse: the position
    of every tried bin in each of these orders (tried bin, bin)."""
    numbers = mix_array(np.arange(1, hashes * hashes + 1, dtype=np.uint64)).reshape(hashes, hashes)
    np.fill_diagonal(numbers, 0)
    order = np.argsort(numbers, axis=1, kind="stable").astype(np.uint8)
    places = np.argsort(order, axis=1, kind="stable").astype(np.uint8)
    return order, np.ascontiguousarray(places.T)


# --- reference implementation, one set at a time: the kernel is tested against it ---------------


def _plain_bands(parts: list[tuple[Hashes, Ints]], hashes: int, bands: int, values: int) -> Hashes:
    sides = [
        [shingles[first:last].tolist() for first, last in pairwise(firsts)]
        for shingles, firsts in parts
    ]
    keys = [
        bands_of(signature_of(elements_of(row, "pair"), hashes), bands, values)
        for row in zip(*sides, strict=True)
    ]
    return np.array(keys, np.uint64).reshape(len(keys), bands).T


def elements_of(parts: tuple[Iterable[int], Iterable[int], Iterable[int]], on: On) -> set[int]:
    """The set of a row that is hashed.

    A completion's shingle counts on either side, and twice if it is on both. So rows with swapped
    labels have the same set, and sets are at least as similar as the least similar part (for
    completions, because min(a + b, c + d) >= min(a, c) + min(b, d), and likewise for max).
    """
    prompt, chosen, rejected = (
        set(part) if i in PARTS[on] else set() for i, part in enumerate(parts)
    )
    again = {mix((shingle + AGAIN_TAG) % 2**64) for shingle in chosen & rejected}
    return {mix((shingle + PROMPT_TAG) % 2**64) for shingle in prompt} | chosen | rejected | again


def signature_of(elements: Iterable[int], hashes: int) -> list[int]:
    """The signature of a set (reference, slow); all `EMPTY` for the empty set."""
    _, places = orders(hashes)
    bins: dict[int, int] = {}
    for element in elements:
        place = ((element >> 32) * hashes) >> 32
        bins[place] = min(bins.get(place, EMPTY), element & 0x7FFFFFFF)
    if not bins:
        return [EMPTY] * hashes
    filled = np.array([*bins])
    nearest = filled[places[filled].argmin(axis=0)]
    return [bins[place] for place in nearest.tolist()]


def bands_of(signature: list[int], bands: int, values: int) -> list[int]:
    """The band keys of a signature (reference, slow)."""
    keys = []
    for band in range(bands):
        key = 0
        for value in signature[band * values : (band + 1) * values]:
            key = (key * STEP + value) % 2**64
        keys.append(mix(key))
    return keys
