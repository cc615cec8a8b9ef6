"""The split of a new group: by the hash of its key, corrected by the balance of its source.

The hash makes the split independent of row order. By hash alone, the shares of a source would vary
by chance; if a source deviates too far, its next group goes to the split that lacks rows. Neither
depends on later rows.
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
    """The split (n) by the hash of every 64-bit key (n). Raising the share of test only moves keys
    to test.

    >>> wished_splits(np.array([7, 8, 7], np.uint64), SplitConfig(test=0.4)).tolist()
    [2, 0, 2]
    """
    places = _places(keys, config.salt)
    codes = np.full(len(keys), TRAIN, np.int8)
    codes[places < config.test + config.validation] = VALIDATION
    codes[places < config.test] = TEST
    return codes


def _places(keys: npt.NDArray[np.uint64], salt: str) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for every key and a salt (the finaliser of splitmix64)."""
    mixed = keys.astype(np.uint64) ^ np.uint64(xxhash.xxh3_64_intdigest(salt.encode()))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)


@dataclass
class Balance:
    """The number of groups that began in each source so far, in total and by split.

    The groups of a split of share p may differ from p * n, for n groups so far, by
    1 + sqrt(p * (1 - p) * n): one plus the standard deviation by chance. Beyond that, the next
    group corrects it, so that the difference always stays below 3 + sqrt(p * (1 - p) * n).
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
        """Decides the split of a group that begins in a source; `wish`: the split by its hash."""
        begun, taken = self._begun[source], self._taken[source]
        split = wish
        for code, share, variance in self._shares:
            lack = share * begun - taken[code]
            bound = 1.0 + sqrt(variance * begun)
            if lack >= bound:
                split = code
                break  # test first; the other split is corrected by a later group
            if wish == code and lack <= -bound:
                split = TRAIN
        taken[split] += 1
        self._begun[source] = begun + 1
        return split
