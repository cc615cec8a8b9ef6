"""How many labels may be wrong: at the top of a ranking, and in all, by few answers.

The share in all rows is estimated by strata (the first rows of the ranking, and all others), each
with the exact interval of Blaker ("Confidence curves and improved exact confidence intervals for
discrete distributions", 2000), narrowed for a finite population, and combined by MOVER (Zou and
Donner, "Construction of confidence limits about effect measures", 2008). It holds however the
errors arose, since nothing but the drawing is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prefdata.label_audit.claims.reading import SURE, Interval, Readers
from prefdata.label_audit.claims.shape import Ranking
from prefdata.records.arrays import Doubles

COVERED = 0.9
"""What the intervals promise: they hold the truth in so many of 100 datasets."""
_TAIL = 0.05
_STEPS = 400


@dataclass(frozen=True)
class StratumRead:
    """A stratum of so many `rows`, of which `read` were drawn at random and read, `wrong` of them
    wrong; they need not be whole numbers, where rows of a group count as fewer."""

    rows: int
    read: float
    wrong: float


def rate_of(strata: Sequence[StratumRead]) -> Interval:
    """The share of wrong labels in all rows of the strata; of one that nobody read, any share."""
    total = sum(stratum.rows for stratum in strata)
    parts = [(stratum.rows / total, _share(stratum)) for stratum in strata if stratum.rows]
    value = sum(weight * part.value for weight, part in parts)
    below = np.sqrt(sum((weight * (part.value - part.low)) ** 2 for weight, part in parts))
    above = np.sqrt(sum((weight * (part.high - part.value)) ** 2 for weight, part in parts))
    return Interval(value, max(value - float(below), 0.0), min(value + float(above), 1.0))


def _share(stratum: StratumRead) -> Interval:
    """The share in one stratum."""
    read, wrong = stratum.read, stratum.wrong
    if read <= 0:
        return Interval(0.5, 0.0, 1.0)
    share = wrong / read
    low, high = exact_share(wrong, read)
    narrowed = np.sqrt(max(stratum.rows - read, 0) / max(stratum.rows - 1, 1))
    return Interval(share, share - narrowed * (share - low), share + narrowed * (high - share))


def exact_share(wrong: float, read: float) -> tuple[float, float]:
    """The ends of Blaker's interval for a share, of which `wrong` in `read` were seen.

    It lies within that of Clopper and Pearson (1934), and covers as often as it promises all the
    same: a share is held where what is at most as probable as what was seen, in the nearer tail and
    in the other one, is more probable than `1 - COVERED`. The ends are found to 1/400 of its width.
    """
    from scipy.special import betaincinv

    tail = (1 - COVERED) / 2
    low = float(betaincinv(wrong, read - wrong + 1, tail)) if wrong > 0 else 0.0
    high = float(betaincinv(wrong + 1, read - wrong, 1 - tail)) if wrong < read else 1.0
    shares = np.linspace(low, high, _STEPS + 1)
    below, above = 1 - _at_least(wrong + 1, read, shares), _at_least(wrong, read, shares)
    both = np.where(
        below < above,
        below + _other_tail(below, read, shares),
        above + _other_tail(above, read, 1 - shares),
    )
    held = np.flatnonzero(both > 1 - COVERED)
    return float(shares[max(held.min() - 1, 0)]), float(shares[min(held.max() + 1, _STEPS)])


def _at_least(count: float | Doubles, read: float, shares: Doubles) -> Doubles:
    """P(at least so many of those read are wrong), at each share; numbers need not be whole."""
    from scipy.special import betainc

    inner = betainc(np.maximum(count, 1e-9), np.maximum(read - count + 1, 1e-9), shares)
    return np.asarray(np.where(np.less_equal(count, 0), 1.0, np.where(count > read, 0.0, inner)))


def _other_tail(tail: Doubles, read: float, shares: Doubles) -> Doubles:
    """At each share, the largest P(at least so many are wrong) that is no more than `tail`."""
    counts = np.arange(math.ceil(read) + 2, dtype=np.float64)
    others = _at_least(counts[None, :], read, shares[:, None])
    return np.asarray(np.where(others <= tail[:, None] + 1e-12, others, 0.0).max(axis=1))


def wrong_at_top(
    first: int, read: int, called: int, readers: Readers = SURE, *, is_stopped: bool = False
) -> tuple[int, int]:
    """The least and the most wrong labels among the `first` rows, of which some were drawn and
    read.

    `called`: those of the read that were called wrong. `is_stopped`: reading ended at a moment that
    the reader chose; the interval is wider then (Waudby-Smith and Ramdas, "Confidence sequences for
    sampling without replacement", 2020).
    """
    mass = calls(first, read, readers)
    counts = np.arange(first + 1)
    if is_stopped:
        likelihood = mass[:, called]
        is_held = likelihood / likelihood.sum() > (1 - COVERED) / (first + 1)
    else:
        at_least, at_most = mass[:, called:].sum(axis=1), mass[:, : called + 1].sum(axis=1)
        is_held = (at_least > _TAIL) & (at_most > _TAIL)
    # readers who err less than is taken may call more rows wrong than any number explains
    is_held[mass[:, called].argmax()] = True
    return int(counts[is_held].min()), int(counts[is_held].max())


def may_drop(first: int, read: int, called: int, precision: float, readers: Readers = SURE) -> bool:
    """Whether the rows of the top that nobody read may be dropped: with 90% confidence at least
    such a share of them is wrong."""
    unread = first - read
    if unread <= 0:
        return False
    at_least = calls(first, read, readers)[:, called:].sum(axis=1)
    least = int(np.flatnonzero(at_least > 1 - COVERED).min(initial=first))
    among_read = min(math.ceil(called / (1 - readers.misses)), read)
    return least - among_read >= precision * unread


def calls(first: int, read: int, readers: Readers = SURE) -> Doubles:
    """P(so many are called wrong) (first + 1, read + 1), for each number of wrong rows in the top.

    Of the wrong rows a hypergeometric number is read, and of rows that are read some are called
    what they are not.
    """
    from scipy.stats import binom, hypergeom

    held = np.arange(read + 1)
    drawn = hypergeom.pmf(held[None, :], first, np.arange(first + 1)[:, None], read)
    said = np.zeros((read + 1, read + 1))
    for wrong in held.tolist():
        missed = binom.pmf(np.arange(wrong + 1), wrong, 1 - readers.misses)
        alarms = binom.pmf(np.arange(read - wrong + 1), read - wrong, readers.alarms)
        said[wrong] = np.convolve(missed, alarms)
    return np.asarray(drawn @ said, np.float64)


def most_at_top(ranking: Ranking, first: int, highest: float) -> int:
    """The most wrong labels among the first rows, without any answer, at a rate up to `highest`.

    A wrong row at the top would, labelled right, stand as far at the other end. So many rows as
    stand there bound how many can have been turned; for labels turned by coins.
    """
    from scipy.stats import binom

    first = min(first, len(ranking.order))
    edge = -float(ranking.margin[ranking.order[first - 1]])
    there = int((ranking.margin >= edge).sum())
    wrong = 0
    while True:
        more = min(first, int(binom.ppf(1 - _TAIL, there + wrong, highest)))
        if more <= wrong:
            return wrong
        wrong = more
