"""Rows beyond a threshold, given as a value or as a share of the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Flags, Ints

Side = Literal["above", "below"]
Spare = Callable[[Ints], Flags]
"""`spare(positions)`: which rows are not to be taken, whatever their value."""

DECIMALS = 4
"""Values are compared after rounding, as they are displayed."""

_ASKED_AT_ONCE = 1024


@dataclass(frozen=True)
class Decision:
    """Which of n rows are beyond a threshold.

    `threshold`: the given one; for a share the value of the last row taken, NaN if none is.
    `is_taken` (n): beyond it and not spared; `is_spared` (n): beyond it and spared.
    """

    threshold: float
    is_taken: Flags
    is_spared: Flags


def share_of(threshold: str) -> float:
    """A share in percent as a ratio.

    >>> share_of("0.5%")
    0.005
    """
    return float(threshold.removesuffix("%")) / 100


def decide(
    values: npt.NDArray[Any], threshold: float | str, side: Side, spare: Spare | None = None
) -> Decision:
    """Takes the rows whose value is at least ("above") or at most ("below") the threshold.

    `values` (n): NaN for rows to ignore. A share such as `0.5%` takes at most this share of the
    other rows; if a tie would exceed it, none of the tied rows is taken. A value that is infinite
    on the opposite side counts as a row, and is never taken. `spare(positions)` says which rows to
    spare; it is called for the farthest rows first, and for no more than necessary.

    >>> decide(np.array([0.1, 0.9, np.nan, 0.95]), 0.9, "above").is_taken.tolist()
    [False, True, False, True]
    >>> decide(np.array([0.1, 0.2, np.nan, 0.9]), "34%", "below").is_taken.tolist()
    [True, False, False, False]
    """
    outward = np.asarray(values, np.float64).round(DECIMALS) * (1 if side == "below" else -1)
    order = np.argsort(outward, kind="stable")[: np.count_nonzero(outward < np.inf)]  # NaN is last
    if isinstance(threshold, str):
        limit = int(share_of(threshold) * np.count_nonzero(~np.isnan(outward)) + 1e-9)
        taken, spared = _farthest(outward, order, limit, spare)
        last = outward[taken].max() if len(taken) else np.nan
        reached = float(last if side == "below" else -last)
    else:
        least = (threshold if side == "below" else -threshold) + 1e-9
        beyond = order[: np.searchsorted(outward[order], least, side="right")]
        is_out = spare(beyond) if spare and len(beyond) else np.zeros(len(beyond), np.bool_)
        taken, spared, reached = beyond[~is_out], beyond[is_out], float(threshold)
    return Decision(reached, _mask(len(outward), taken), _mask(len(outward), spared))


def _farthest(
    outward: npt.NDArray[np.float64], order: Ints, limit: int, spare: Spare | None
) -> tuple[Ints, Ints]:
    """Rows taken and rows spared among the first of an order: at most `limit`, whole ties only."""
    empty = np.zeros(0, np.int64)
    taken, spared = empty, empty
    step = max(limit, _ASKED_AT_ONCE)
    for start in range(0, len(order) if limit else 0, step):
        asked = order[start : start + step]
        is_out = spare(asked) if spare else np.zeros(len(asked), np.bool_)
        taken, spared = np.append(taken, asked[~is_out]), np.append(spared, asked[is_out])
        if len(taken) > limit:  # one more than allowed shows where the last tie ends
            first_kept = outward[taken[limit]]
            taken = taken[outward[taken] < first_kept]
            return taken, spared[outward[spared] < first_kept]
    return taken, spared


def _mask(count: int, positions: Ints) -> Flags:
    made = np.zeros(count, np.bool_)
    made[positions] = True
    return made
