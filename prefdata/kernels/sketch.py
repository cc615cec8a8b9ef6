"""Bands of rows: one permutation hashing, optimal densification, and the keys of the bands."""

from __future__ import annotations

import numpy as np
from numba import njit

from prefdata.kernels.hashing import STEP, mix

EMPTY = np.uint32(0xFFFFFFFF)
_VALUE = np.uint64(0x7FFFFFFF)
_HALF = np.uint64(32)
_FEW = 64
"""Filled bins up to which empty ones are filled by looking through all orders at once."""
_LARGEST_TABLE = 1 << 18


@njit(cache=True, inline="always")
def _put(element: np.uint64, bins: np.ndarray) -> None:
    place = ((element >> _HALF) * np.uint64(len(bins))) >> _HALF
    value = np.uint32(element & _VALUE)
    if value < bins[place]:
        bins[place] = value


@njit(cache=True)
def _put_shared(
    one: np.ndarray,
    other: np.ndarray,
    tag: np.uint64,
    keys: np.ndarray,
    stamps: np.ndarray,
    stamp: int,
    bins: np.ndarray,
) -> None:
    """Puts an element for every shingle that both sides of a row hold."""
    size = 16
    while size < 2 * len(one) and size < len(keys):
        size *= 2
    if size < 2 * len(one):  # a giant: sorting needs no table
        one, other = np.sort(one), np.sort(other)
        i = j = 0
        while i < len(one) and j < len(other):
            if one[i] == other[j]:
                _put(mix(one[i] + tag), bins)
                i += 1
            elif one[i] < other[j]:
                i += 1
            else:
                j += 1
        return
    mask = np.uint64(size - 1)
    for shingle in one:
        slot = shingle & mask
        while stamps[slot] == stamp and keys[slot] != shingle:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = shingle
        stamps[slot] = stamp
    for shingle in other:
        slot = shingle & mask
        while stamps[slot] == stamp and keys[slot] != shingle:
            slot = (slot + np.uint64(1)) & mask
        if stamps[slot] == stamp:
            _put(mix(shingle + tag), bins)


@njit(cache=True)
def _fill(bins: np.ndarray, order: np.ndarray, places: np.ndarray, signed: np.ndarray) -> None:
    """Every empty bin borrows from the first filled one in its own order."""
    hashes = len(bins)
    filled = 0
    for bin_ in range(hashes):
        filled += bins[bin_] != EMPTY
    if filled == 0:
        signed[:] = EMPTY
    elif filled <= _FEW:
        nearest = np.full(hashes, 255, np.uint8)
        for tried in range(hashes):
            if bins[tried] != EMPTY:
                for bin_ in range(hashes):
                    nearest[bin_] = min(nearest[bin_], places[tried, bin_])
        for bin_ in range(hashes):
            signed[bin_] = bins[order[bin_, nearest[bin_]]]
    else:
        for bin_ in range(hashes):
            attempt = 0
            while bins[order[bin_, attempt]] == EMPTY:
                attempt += 1
            signed[bin_] = bins[order[bin_, attempt]]


@njit(cache=True, nogil=True)
def band_keys(
    shingles: tuple[np.ndarray, np.ndarray, np.ndarray],
    firsts: tuple[np.ndarray, np.ndarray, np.ndarray],
    tags: tuple[np.uint64, np.uint64],
    orders: tuple[np.ndarray, np.ndarray],
    keys: np.ndarray,
    values: int,
) -> None:
    """Writes the key of every band, (bands, rows), of rows whose sides have these shingles."""
    prompt, chosen, rejected = shingles
    of_prompt, of_chosen, of_rejected = firsts
    order, places = orders
    bands, rows = keys.shape
    bins = np.empty(len(order), np.uint32)
    signed = np.empty(len(order), np.uint32)
    table = np.empty(_LARGEST_TABLE, np.uint64)
    stamps = np.zeros(_LARGEST_TABLE, np.int32)
    for row in range(rows):
        bins[:] = EMPTY
        for shingle in prompt[of_prompt[row] : of_prompt[row + 1]]:
            _put(mix(shingle + tags[0]), bins)
        one = chosen[of_chosen[row] : of_chosen[row + 1]]
        other = rejected[of_rejected[row] : of_rejected[row + 1]]
        for shingle in one:
            _put(shingle, bins)
        for shingle in other:
            _put(shingle, bins)
        _put_shared(one, other, tags[1], table, stamps, row + 1, bins)
        _fill(bins, order, places, signed)
        for band in range(bands):
            key = np.uint64(0)
            for value in range(band * values, (band + 1) * values):
                key = key * STEP + np.uint64(signed[value])
            keys[band, row] = mix(key)
