"""Band keys of rows: one permutation hashing with optimal densification."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.hashing import STEP, mix

EMPTY = np.uint32(0xFFFFFFFF)
_VALUE = np.uint64(0x7FFFFFFF)
_HALF = np.uint64(32)
_FEW = 64
"""Up to this many filled bins, empty ones are filled by scanning all orders at once."""
_LARGEST_TABLE = 1 << 18


@compiled()
def _put(elements: np.ndarray, count: int, bins: np.ndarray) -> None:
    """Keeps the smallest element of each bin."""
    for number in range(count):
        element = elements[number]
        place = ((element >> _HALF) * np.uint64(len(bins))) >> _HALF
        bins[place] = min(bins[place], np.uint32(element & _VALUE))


@compiled()
def _shared(
    one: np.ndarray,
    other: np.ndarray,
    keys: np.ndarray,
    stamps: np.ndarray,
    stamp: int,
    found: np.ndarray,
) -> int:
    """Writes the shingles of both sides of a row to `found`, some repeatedly; returns how many."""
    count = 0
    size = 16
    while size < 2 * len(one) and size < len(keys):
        size *= 2
    if size < 2 * len(one):  # a giant: sorting needs no table
        one, other = np.sort(one), np.sort(other)
        i = j = 0
        while i < len(one) and j < len(other):
            if one[i] == other[j]:
                found[count] = one[i]
                count += 1
                i += 1
            elif one[i] < other[j]:
                i += 1
            else:
                j += 1
        return count
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
            found[count] = shingle
            count += 1
    return count


@compiled()
def _fill(bins: np.ndarray, order: np.ndarray, places: np.ndarray, signed: np.ndarray) -> None:
    """Fills every empty bin from the first filled one in its own order."""
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


@compiled()
def band_keys(
    shingles: tuple[np.ndarray, np.ndarray, np.ndarray],
    firsts: tuple[np.ndarray, np.ndarray, np.ndarray],
    tags: tuple[np.uint64, np.uint64],
    orders: tuple[np.ndarray, np.ndarray],
    keys: np.ndarray,
    values: int,
) -> None:
    """Fills `keys` (bands, rows) with the key of every band, from the shingles of all sides."""
    prompt, chosen, rejected = shingles
    of_prompt, of_chosen, of_rejected = firsts
    order, places = orders
    bands, rows = keys.shape
    bins = np.empty(len(order), np.uint32)
    signed = np.empty(len(order), np.uint32)
    table = np.empty(_LARGEST_TABLE, np.uint64)
    stamps = np.zeros(_LARGEST_TABLE, np.int32)
    longest = 0
    for row in range(rows):
        longest = max(longest, of_prompt[row + 1] - of_prompt[row])
        sides = of_chosen[row + 1] - of_chosen[row] + of_rejected[row + 1] - of_rejected[row]
        longest = max(longest, sides)
    elements = np.empty(longest, np.uint64)
    for row in range(rows):
        bins[:] = EMPTY
        whole = prompt[of_prompt[row] : of_prompt[row + 1]]
        for number in range(len(whole)):
            elements[number] = mix(whole[number] + tags[0])
        _put(elements, len(whole), bins)
        one = chosen[of_chosen[row] : of_chosen[row + 1]]
        other = rejected[of_rejected[row] : of_rejected[row + 1]]
        _put(one, len(one), bins)
        _put(other, len(other), bins)
        count = _shared(one, other, table, stamps, row + 1, elements)
        for number in range(count):
            elements[number] = mix(elements[number] + tags[1])
        _put(elements, count, bins)
        _fill(bins, order, places, signed)
        for band in range(bands):
            key = np.uint64(0)
            for value in range(band * values, (band + 1) * values):
                key = key * STEP + np.uint64(signed[value])
            keys[band, row] = mix(key)
