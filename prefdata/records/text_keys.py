"""The 128-bit keys of many texts: by a kernel, or by the library `xxhash` one by one."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import xxhash

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Bytes, Ints

Keys = npt.NDArray[np.uint64]
"""Shape (n, 2): the 16 bytes of each digest, in the order in which `xxhash` gives them."""

WORDS = 2
_SECONDS_A_TEXT = 6e-7


def hashed(raw: Bytes, bounds: Ints, seeds: npt.NDArray[np.uint64]) -> Keys:
    """The xxh3 of each text, with its seed; text i has the bytes `bounds[i]` to `bounds[i + 1]`."""
    if not pays(len(seeds) * _SECONDS_A_TEXT):
        return hashed_reference(raw, bounds, seeds)
    from prefdata.kernels.xxh3 import hash_texts

    keys = np.empty((len(seeds), WORDS), np.uint64)
    hash_texts(raw, bounds, seeds, keys)
    return keys


def hashed_reference(raw: Bytes, bounds: Ints, seeds: npt.NDArray[np.uint64]) -> Keys:
    """The same by the library (reference, and for few texts)."""
    data, digest = memoryview(raw.tobytes()), xxhash.xxh3_128_digest
    spans = zip(itertools.pairwise(bounds.tolist()), seeds.tolist(), strict=True)
    digests = b"".join([digest(data[a:b], seed) for (a, b), seed in spans])
    return np.frombuffer(digests, np.uint64).reshape(-1, WORDS).copy()
