"""MinHash signatures and bands: texts that are alike are likely to share a band.

Every set is hashed once (one permutation hashing, Li, Owen and Zhang 2012): its elements fall
into bins, and the smallest of each bin is kept. An empty bin borrows from another one, tried in a
random order of its own (optimal densification, Shrivastava 2017), so that two signatures agree in
a bin with the probability of their Jaccard similarity, at a cost that grows with the elements and
the bins but not with their product.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from prefdata.records.texts import Ints
from prefdata.transforms.shingles import Hashes, mixed

Signatures = npt.NDArray[np.uint32]
Ranks = npt.NDArray[np.uint8]

EMPTY = np.uint32(0xFFFFFFFF)
_VALUE = np.uint64(0x7FFFFFFF)

_DENSE_RATIO = 0.4
"""Share of filled bins from which empty ones are filled one try at a time; for sparser
signatures all orders are looked through at once. Both give the same."""

HIT_RATIO = 0.99
"""Pairs at the threshold that are to share a band; of more similar ones more do."""


def bands_for(threshold: float, hashes: int) -> tuple[int, int]:
    """(bands, values in a band): as many values a band as still find pairs at the threshold.

    >>> bands_for(0.8, 256), bands_for(0.7, 256)
    ((32, 8), (42, 6))
    """
    values = 1
    while _hit_ratio(threshold, hashes // (values + 1), values + 1) >= HIT_RATIO:
        values += 1
    return hashes // values, values


def _hit_ratio(similarity: float, bands: int, values: int) -> float:
    return 1.0 - (1.0 - similarity**values) ** bands if bands else 0.0


def signatures(elements: Hashes, owners: Ints, sets: int, hashes: int) -> Signatures:
    """The signature of every set: (`sets`, `hashes`); that of an empty set is all `EMPTY`.

    `elements[i]` belongs to set `owners[i]`; order and repeats do not matter. `hashes` <= 256.
    """
    bins = _binned(elements, owners, sets, hashes)
    filled = bins != EMPTY
    counts = filled.sum(axis=1)
    dense = (counts >= _DENSE_RATIO * hashes) & (counts < hashes)
    sparse = (counts > 0) & ~dense & (counts < hashes)
    if dense.any():
        bins[dense] = _tried(bins[dense])
    if sparse.any():
        bins[sparse] = _borrowed(bins[sparse], filled[sparse])
    return bins


def band_keys(signed: Signatures, bands: int, values: int) -> Hashes:
    """The keys of every band, (bands, sets): equal where all values of the band are."""
    columns = signed[:, : bands * values].reshape(-1, bands, values).astype(np.uint64)
    keys = np.zeros(columns.shape[:2], np.uint64)
    for value in range(values):
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + columns[:, :, value]
    return mixed(np.ascontiguousarray(keys.T))


def _binned(elements: Hashes, owners: Ints, sets: int, hashes: int) -> Signatures:
    """The smallest value of each bin."""
    bins = np.full(sets * hashes, EMPTY, np.uint32)
    places = ((elements >> np.uint64(32)) * np.uint64(hashes)) >> np.uint64(32)
    np.minimum.at(
        bins, places.view(np.int64) + owners * hashes, (elements & _VALUE).astype(np.uint32)
    )
    return bins.reshape(sets, hashes)


@cache
def _orders(hashes: int) -> tuple[Ints, Ranks]:
    """For every bin, the order in which it tries bins, itself first; and, for every tried bin,
    its place in each of these orders (tried bin, bin)."""
    numbers = mixed(np.arange(1, hashes * hashes + 1, dtype=np.uint64)).reshape(hashes, hashes)
    np.fill_diagonal(numbers, 0)
    order = np.argsort(numbers, axis=1, kind="stable")
    places = np.argsort(order, axis=1, kind="stable").astype(np.uint8)
    return order, np.ascontiguousarray(places.T)


def _tried(bins: Signatures) -> Signatures:
    """Fills empty bins, a try at a time for all of them."""
    hashes = bins.shape[1]
    order, _ = _orders(hashes)
    tries = np.ascontiguousarray(order.T)
    given = bins.ravel()
    full = given.copy()
    places = np.flatnonzero(given == EMPTY)
    columns = places % hashes
    bases = places - columns
    for attempt in range(1, hashes):
        if not places.size:
            break
        values = given.take(tries[attempt].take(columns) + bases)
        is_found = values != EMPTY
        full[places[is_found]] = values[is_found]
        rest = np.flatnonzero(~is_found)
        places, bases, columns = places.take(rest), bases.take(rest), columns.take(rest)
    return full.reshape(bins.shape)


def _borrowed(bins: Signatures, filled: npt.NDArray[np.bool_]) -> Signatures:
    """Fills empty bins, a set at a time: of the filled bins the first in each bin's order."""
    hashes = bins.shape[1]
    order, places = _orders(hashes)
    nearest = np.empty(bins.shape, np.uint8)
    sets, tried = np.nonzero(filled)
    bounds = np.searchsorted(sets, np.arange(len(bins) + 1)).tolist()
    for number in range(len(bins)):
        np.min(places[tried[bounds[number] : bounds[number + 1]]], axis=0, out=nearest[number])
    sources = order[np.arange(hashes), nearest]
    return np.take_along_axis(bins, sources, axis=1)
