"""Which split a new group belongs to: what its hash says, and what the balance of its source asks.

The hash decides, so that the division does not depend on the order of things. It would let the
shares of a source drift as far as chance goes; where a source has drifted too far, the next group
that begins in it goes the other way. Both look at nothing that comes later.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import numpy.typing as npt
import xxhash

from prefdata.config.model import SplitConfig

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)

Codes = npt.NDArray[np.int8]
"""Splits, as their index in `SPLITS`."""


def wished_splits(keys: npt.NDArray[np.uint64], config: SplitConfig) -> Codes:
    """The split that the hash of every 64-bit key asks for; a larger test share only adds to test.

    >>> wished_splits(np.array([7, 8, 7], np.uint64), SplitConfig(test=0.4)).tolist()
    [2, 0, 2]
    """
    places = _places(keys, config.salt)
    codes = np.full(len(keys), TRAIN, np.int8)
    codes[places < config.test + config.validation] = VALIDATION
    codes[places < config.test] = TEST
    return codes


def _places(keys: npt.NDArray[np.uint64], salt: str) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for every key, mixed with the salt (splitmix64's finaliser)."""
    mixed = keys.astype(np.uint64) ^ np.uint64(xxhash.xxh3_64_intdigest(salt.encode()))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


@dataclass
class Balance:
    """How many groups began in each source so far, and where they went.

    A split of share p may lack or exceed p * n of the n groups so far by 1 + sqrt(p * (1 - p) * n):
    one, and the spread that chance has by itself. Beyond that the next group mends it, so that
    the number never is off by 3 + sqrt(p * (1 - p) * n) or more, whatever the hashes say.
    """

    config: SplitConfig
    _begun: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    _taken: defaultdict[int, list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0] * len(SPLITS))
    )

    def __post_init__(self) -> None:
        shares = ((TEST, self.config.test), (VALIDATION, self.config.validation))
        self._shares = [(split, p, p * (1 - p)) for split, p in shares if p > 0]

    def settle(self, wish: int, source: int) -> int:
        """The split of a group that begins in a source and whose hash asks for `wish`."""
        begun, taken = self._begun[source], self._taken[source]
        split = wish
        for code, share, variance in self._shares:
            lack = share * begun - taken[code]
            bound = 1.0 + sqrt(variance * begun)
            if lack >= bound:
                split = code
                break  # test first; the other one when the next group comes
            if wish == code and lack <= -bound:
                split = TRAIN
        taken[split] += 1
        self._begun[source] = begun + 1
        return split
