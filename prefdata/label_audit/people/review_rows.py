"""Draws the rows of a review sheet, so that a few answers tell the share of wrong labels in all.

Half of the rows are drawn from the first of the ranking, where wrong labels are if the models see
any, and half from all others, at random each. So every row may be drawn, with a known probability,
and the share holds however the errors arose. Rows that are to be read once more, and rows that
would teach most, are put beside them and kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.claims.posterior import RowChances
from prefdata.label_audit.claims.shape import FIRST
from prefdata.label_audit.judge.judged import Judged
from prefdata.records.arrays import Ints
from prefdata.results.review import BEYOND, STRATA, TOP

_FEWEST = 12
"""Rows that are drawn from the first of the ranking, at least."""
_TAUGHT = 4
"""One more row for each so many, chosen by what its answer would teach."""
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class ReviewRows:
    """m of n pairs, in the order of the sheet, which is random.

    `places` (m): positions among the pairs. `strata` (m): numbers in `STRATA`. `sizes` (m): number
    of pairs in the stratum of each row. `pairs`: n. `first`: positions of the stratum of the first,
    which identify the ranking that the sheet rests on.
    """

    places: Ints
    strata: npt.NDArray[np.int8]
    sizes: Ints
    pairs: int
    first: Ints

    def __len__(self) -> int:
        return len(self.places)


def review_rows(
    judged: Judged | None,
    pairs: int,
    rows: int,
    seed: int,
    chances: RowChances | None = None,
    read: Ints = _NONE,
) -> ReviewRows:
    """Draws `rows` of `pairs` for a review sheet; all of them if there are fewer.

    Without a ranking of single rows (`judged` is None, or the self-test failed) all are drawn with
    the same probability. With answers (`chances` of rows, places that were `read`) some are added
    whose labels are as probably wrong as right: there an answer teaches most.
    """
    random = np.random.default_rng([seed, pairs, rows])
    strata = np.full(pairs, STRATA.index("all"), np.int8)
    rows, first = min(rows, pairs), np.zeros(0, np.int64)
    quotas = {"all": rows}
    if judged is not None and judged.is_judged:
        first = judged.ranking.order[:FIRST]
        strata[:] = STRATA.index("others")
        strata[first] = STRATA.index(TOP)
        quotas = _quotas(len(first), pairs - len(first), rows)
    sizes = np.bincount(strata, minlength=len(STRATA))
    drawn = [
        random.permutation(np.flatnonzero(strata == STRATA.index(name)))[:quota]
        for name, quota in quotas.items()
    ]
    taught = _most_telling(chances, np.concatenate([*drawn, read]), rows // _TAUGHT)
    strata[taught] = STRATA.index(BEYOND)
    sizes[STRATA.index(BEYOND)] = len(taught)
    places = random.permutation(np.concatenate([*drawn, taught])).astype(np.int64)
    return ReviewRows(places, strata[places], sizes[strata[places]], pairs, first)


def _most_telling(chances: RowChances | None, taken: Ints, count: int) -> Ints:
    """Places of the rows that are as probably wrong as right, without those that are taken."""
    if chances is None:
        return _NONE
    doubt = chances.mean * (1 - chances.mean)
    doubt[taken] = -1.0
    order = np.argsort(-doubt, kind="stable")[:count]
    places: Ints = order[doubt[order] > 0]
    return places


def _quotas(first: int, others: int, rows: int) -> dict[str, int]:
    """Rows to draw from each stratum, `rows` in sum."""
    of_first = min(max(rows // 2, _FEWEST, rows - others), first, rows)
    return {TOP: of_first, "others": rows - of_first}
