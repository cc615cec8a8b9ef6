"""Which rows a person is asked about: every one could have been drawn, with a known probability.

The likeliest flips are all taken: they are worth looking at. What they say of the other rows is
nothing, so the rest is drawn at random, class by class: strata that part all rows among
themselves, whose shares of flips add up to that of the data, each weighed by its size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.suspects import is_of, order_of_flips
from prefdata.records.arrays import Ints
from prefdata.results.review import STRATA, Stratum

SHARES: dict[Stratum, float] = {
    "likeliest": 0.25,
    "likely-flipped": 0.1,
    "ambiguous": 0.1,
    "model-uncertain": 0.1,
    "shortcut-contradicting": 0.1,
    "sound": 0.35,
}
"""Of the rows of a sheet. Strata that are smaller leave room to `sound`, then to the others."""

_FEWEST = 2
"""Rows of a stratum that there is room for: one alone says nothing of the others."""


@dataclass(frozen=True)
class ReviewRows:
    """m of n pairs, in the order of the sheet, which is random.

    `places` (m): positions among the pairs. `strata` (m): numbers in `STRATA`. `sizes` (m): pairs
    in the stratum of each. `pairs`: n.
    """

    places: Ints
    strata: npt.NDArray[np.int8]
    sizes: Ints
    pairs: int

    def __len__(self) -> int:
        return len(self.places)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Pairs that each row stands for (m): one over the probability that it was drawn."""
        drawn = np.bincount(self.strata, minlength=len(STRATA))[self.strata]
        weights: npt.NDArray[np.float64] = self.sizes / np.maximum(drawn, 1)
        return weights


def review_rows(judged: Judged | None, pairs: int, rows: int, seed: int) -> ReviewRows:
    """Draws `rows` of `pairs` for a review sheet; all of them where there are no more.

    Without a judgement of single rows (`judged` is None, or the self-test forbids one) all are
    drawn with the same probability.
    """
    random = np.random.default_rng([seed, pairs, rows])
    strata = _strata(judged, pairs, rows)
    sizes = np.bincount(strata, minlength=len(STRATA))
    quotas = _quotas(sizes, min(rows, pairs))
    drawn = [
        random.permutation(np.flatnonzero(strata == number))[:quota]
        for number, quota in enumerate(quotas)
    ]
    places = random.permutation(np.concatenate(drawn)).astype(np.int64)
    return ReviewRows(places, strata[places], sizes[strata[places]], pairs)


def _strata(judged: Judged | None, pairs: int, rows: int) -> npt.NDArray[np.int8]:
    """The stratum of every pair (n)."""
    if judged is None or not judged.is_judged:
        return np.full(pairs, STRATA.index("all"), np.int8)
    of_class = np.array([STRATA.index(name) for name in CLASSES], np.int8)
    strata = of_class[judged.classes]
    order = order_of_flips(judged)
    suspects = order[is_of(judged, "likely-flipped")[order]]
    strata[suspects[: round(SHARES["likeliest"] * rows)]] = STRATA.index("likeliest")
    return strata


def _quotas(sizes: Ints, rows: int) -> list[int]:
    """How many rows of each stratum are drawn: as many as `rows` together, or all there are."""
    wanted = [round(SHARES.get(name, 0.0) * rows) for name in STRATA]
    quotas = [min(max(want, _FEWEST), int(size)) for want, size in zip(wanted, sizes, strict=True)]
    by_room = sorted(range(len(STRATA)), key=lambda n: (STRATA[n] != "sound", -int(sizes[n])))
    for number in by_room:  # what small strata leave
        quotas[number] += min(max(rows - sum(quotas), 0), int(sizes[number]) - quotas[number])
    return _fitted(quotas, rows)


def _fitted(quotas: list[int], rows: int) -> list[int]:
    """Takes away from the largest quota until all fit into few rows."""
    quotas = list(quotas)
    while sum(quotas) > rows:
        quotas[max(range(len(quotas)), key=lambda n: (quotas[n], n))] -= 1
    return quotas
