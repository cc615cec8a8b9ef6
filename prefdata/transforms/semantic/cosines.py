"""Cosine similarities of vectors, given by position."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints
from prefdata.transforms.semantic.threshold import DECIMALS

BLOCK = 1024
"""Rows processed at a time."""


def units(vectors: npt.NDArray[Any], places: Ints) -> Floats:
    """Some vectors at unit length, float32 (n, d). Raises ValueError if one is zero or not
    finite."""
    raw = np.asarray(vectors[places], np.float32)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ValueError("a vector that is zero or not finite: give -1 for a text without one")
    return np.asarray(raw / lengths, np.float32)


def cosines(vectors: npt.NDArray[Any], left: Ints, right: Ints) -> Floats:
    """The cosine similarity (n) of `vectors[left[i]]` and `vectors[right[i]]`, to 4 decimals.

    `vectors` (m, d) may be a memory map. A position of -1 (no embedding) gives NaN.
    """
    made = np.full(len(left), np.nan, np.float32)
    known = np.flatnonzero((left >= 0) & (right >= 0))
    for start in range(0, len(known), BLOCK):
        rows = known[start : start + BLOCK]
        ones, others = units(vectors, left[rows]), units(vectors, right[rows])
        made[rows] = np.einsum("nd,nd->n", ones, others)
    return made.clip(-1, 1).round(DECIMALS)
