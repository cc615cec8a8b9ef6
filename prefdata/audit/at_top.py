"""Which rows look most like flips, and what to expect of the first of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prefdata.audit.judged import CLASSES, Judged
from prefdata.records.texts import Flags, Ints
from prefdata.verdicts.audit import AtTop, LabelClass

TOPS = (10, 20, 50, 100, 200, 500, 1000)


def is_of(judged: Judged, name: LabelClass) -> Flags:
    """Which pairs (n) are of a class; none where single rows are not judged."""
    found: Flags = (judged.classes == CLASSES.index(name)) & judged.is_judged
    return found


def order_of_flips(judged: Judged) -> Ints:
    """Places (n) of the pairs, likeliest flips first.

    Equal ones go by reward margin, the lowest first, then in the order of rows.
    Labels that are likely flipped go first. Those that only controls speak against go last, however
    probable a flip seems: a short answer may be right.
    """
    last = is_of(judged, "shortcut-contradicting").astype(np.int8)
    first = is_of(judged, "likely-flipped").astype(np.int8)
    found: Ints = np.lexsort((judged.margin, -judged.p_flip, last - first))
    return found


def at_top(judged: Judged) -> tuple[AtTop, ...]:
    """The expected share of wrong labels among the k likeliest flips, at the ends of the prior too.

    For k of TOPS as far as there are rows, and for all labels that are likely flipped; nothing
    where single rows are not judged.
    """
    if not judged.is_judged:
        return ()
    order = order_of_flips(judged)
    likely = int(is_of(judged, "likely-flipped").sum())
    wanted = sorted({k for k in (*TOPS, likely) if 0 < k <= len(order)})
    of_rows = {"expected": judged.p_flip, "low": judged.p_low, "high": judged.p_high}
    means = {name: _means(values[order]) for name, values in of_rows.items()}
    return tuple(
        AtTop(k=k, **{name: float(mean[k - 1]) for name, mean in means.items()}) for k in wanted
    )


def _means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of the first, the first two, and so on."""
    found: npt.NDArray[np.float64] = np.cumsum(values) / np.arange(1, len(values) + 1)
    return found
