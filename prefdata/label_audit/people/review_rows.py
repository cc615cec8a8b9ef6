"""Draws the rows of a review sheet: every row may be drawn, with a known probability.

The likeliest flips are all taken, since they are most worth a look. They say nothing of the other
rows, so the rest is drawn at random within each class. The strata partition all rows, so their
shares of flips, weighted by their sizes, add up to the share in the data.
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
"""Shares of the rows of a sheet. Room left by small strata goes to `sound`, then to the others."""

_FEWEST = 2
"""Rows drawn from a stratum at least, if there is room: one alone says nothing of the others."""


@dataclass(frozen=True)
class ReviewRows:
    """m of n pairs, in the order of the sheet, which is random.

    `places` (m): positions among the pairs. `strata` (m): numbers in `STRATA`. `sizes` (m): number
    of pairs in the stratum of each row. `pairs`: n.
    """

    places: Ints
    strata: npt.NDArray[np.int8]
    sizes: Ints
    pairs: int

    def __len__(self) -> int:
        return len(self.places)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Pairs that each row stands for (m): one over its probability of being drawn."""
        drawn = np.bincount(self.strata, minlength=len(STRATA))[self.strata]
        weights: npt.NDArray[np.float64] = self.sizes / np.maximum(drawn, 1)
        return weights


def review_rows(judged: Judged | None, pairs: int, rows: int, seed: int) -> ReviewRows:
    """Draws `rows` of `pairs` for a review sheet; all of them if there are fewer.

    Without a judgement of single rows (`judged` is None, or the self-test failed) all are drawn
    with the same probability.
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
    """Rows to draw from each stratum, `rows` in sum, or all pairs if there are fewer."""
    wanted = [round(SHARES.get(name, 0.0) * rows) for name in STRATA]
    quotas = [min(max(want, _FEWEST), int(size)) for want, size in zip(wanted, sizes, strict=True)]
    by_room = sorted(range(len(STRATA)), key=lambda n: (STRATA[n] != "sound", -int(sizes[n])))
    for number in by_room:  # room that small strata leave
        quotas[number] += min(max(rows - sum(quotas), 0), int(sizes[number]) - quotas[number])
    return _fitted(quotas, rows)


def _fitted(quotas: list[int], rows: int) -> list[int]:
    """Takes rows from the largest quota until their sum is at most `rows`."""
    quotas = list(quotas)
    while sum(quotas) > rows:
        quotas[max(range(len(quotas)), key=lambda n: (quotas[n], n))] -= 1
    return quotas
