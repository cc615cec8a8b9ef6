"""Which split a row belongs to: decided by its prompt alone."""

from __future__ import annotations

import numpy as np
import xxhash

from prefdata.config.model import SplitConfig

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)


def split_codes(keys: np.ndarray, config: SplitConfig) -> np.ndarray:
    """The split (index into `SPLITS`) of every row, from the 64-bit key of its prompt.

    A prompt's place depends on nothing but its text, the salt and the shares: rows that are
    appended move none, equal prompts never part, and a larger test share only adds to test.
    """
    places = _places(keys, config.salt)
    codes = np.full(len(keys), TRAIN, np.int8)
    codes[places < config.test + config.validation] = VALIDATION
    codes[places < config.test] = TEST
    return codes


def _places(keys: np.ndarray, salt: str) -> np.ndarray:
    """A number in [0, 1) for every key, mixed with the salt (splitmix64's finaliser)."""
    mixed = keys.astype(np.uint64) ^ np.uint64(xxhash.xxh3_64_intdigest(salt.encode()))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)
