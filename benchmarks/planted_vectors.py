"""Vectors to search among: made up, or read; and what looking at every pair finds in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = 2048
SEED = 17
DECAY = 160
"""Axis i has the amplitude exp(-i / DECAY): the first 64 of 384 hold .55 of the squared length,
128 hold .80. Of 146,460 sentences embedded by all-MiniLM-L6-v2 they held .56 and .76."""
TOPIC_SHARE, ROWS_A_TOPIC = 0.3, 50
ALIKE_SHARE = 0.2
"""Rows that are another row turned away from it, to a cosine between .7 and 1."""

Vectors = npt.NDArray[np.float32]


def planted_vectors(rows: int, dimension: int, seed: int = SEED) -> Vectors:
    """(rows, dimension) of length one: topics, rows of a topic, and rows near another row."""
    rng = np.random.default_rng(seed)
    topics = _directions(rng, rows // ROWS_A_TOPIC + 1, dimension)
    made = np.sqrt(TOPIC_SHARE) * topics[rng.integers(0, len(topics), rows)]
    made += np.sqrt(1 - TOPIC_SHARE) * _directions(rng, rows, dimension)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    near = rng.permutation(rows)[: int(2 * ALIKE_SHARE * rows)].reshape(2, -1)
    cosine = rng.uniform(0.7, 1, (near.shape[1], 1)).astype(np.float32)
    away = _directions(rng, near.shape[1], dimension)
    away -= np.einsum("nd,nd->n", away, made[near[0]])[:, None] * made[near[0]]
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    made[near[1]] = cosine * made[near[0]] + np.sqrt(1 - cosine**2) * away
    return np.asarray(made, np.float32)


def _directions(rng: np.random.Generator, rows: int, dimension: int) -> Vectors:
    made = rng.standard_normal((rows, dimension), np.float32)
    made *= np.exp(-np.arange(dimension, dtype=np.float32) / DECAY)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def every_pair(path: Path, threshold: float) -> npt.NDArray[np.int64]:
    """The representative of each row, found the long way: all cosines, the first row first."""
    vectors: npt.NDArray[Any] = np.load(path)
    least = np.float32(threshold - 5e-5)  # as if rounded to 4 decimals
    found = np.arange(len(vectors))
    stays = np.empty(0, np.int64)
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        best = np.full(len(block), -np.inf, np.float32)
        for first in range(0, len(stays), BLOCK):
            names = stays[first : first + BLOCK]
            cosines = block @ vectors[names].T
            nearest = cosines.argmax(axis=1)
            value = cosines[np.arange(len(block)), nearest]
            is_nearer = (value >= least) & (value > best)
            found[start : start + len(block)][is_nearer] = names[nearest[is_nearer]]
            best[is_nearer] = value[is_nearer]
        stays = np.append(stays, _stay_of(block, start, found, best, least))
    return found


def _stay_of(
    block: npt.NDArray[Any],
    start: int,
    found: npt.NDArray[np.int64],
    best: npt.NDArray[np.float32],
    least: np.float32,
) -> npt.NDArray[np.int64]:
    """Settles the rows of a block one after the other; those that stay."""
    cosines = block @ block.T
    new: list[int] = []
    for row in range(len(block)):
        if new:
            nearest = max(new, key=cosines[row].__getitem__)
            if cosines[row, nearest] >= max(least, best[row]):
                found[start + row], best[row] = start + nearest, cosines[row, nearest]
        if best[row] < least:
            new.append(row)
    return start + np.array(new, np.int64)
