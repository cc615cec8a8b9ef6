"""64-bit hashing, equal to that of `prefdata.transforms.duplicates.shingles`."""

from __future__ import annotations

import numpy as np

from prefdata.kernels.compiled import compiled

STEP = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S1, _S2, _S3 = np.uint64(30), np.uint64(27), np.uint64(31)


@compiled(inline=True)
def mix(value: np.uint64) -> np.uint64:
    """A bijection that spreads a number over all 64 bits (splitmix64's finaliser)."""
    value = (value ^ (value >> _S1)) * _M1
    value = (value ^ (value >> _S2)) * _M2
    return value ^ (value >> _S3)
