"""Votes of judges on pairs of completions, as arrays, and rankings as votes.

An *item* is a pair of completions of one prompt in a canonical order, *first* and *second*; which
of them comes first must not depend on what the judges say. A *verdict* is 1: first better, 0: a
tie, -1: second better, with the strength of the preference between. A *side* is the sign of a
verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Flags, Ints

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Votes:
    """n votes of `judges` judges on `items` items, in an order of their own (see `votes_of`).

    `item` (n): index of the item; `judge` (n): index of the judge; `verdict` (n): -1 to 1;
    `weight` (n): more than 0, where a judge's votes on one item share one weight; `shown` (n): 1
    where the first completion was shown first, -1 where the second was, 0 unknown.
    """

    item: Ints
    judge: Ints
    verdict: Doubles
    weight: Doubles
    shown: Ints
    items: int
    judges: int

    def __len__(self) -> int:
        return len(self.item)

    @property
    def side(self) -> Ints:
        """The sign of each verdict (n): 1 first, 0 tie, -1 second."""
        return np.sign(self.verdict).astype(np.int64)


@dataclass(frozen=True)
class Items:
    """The completions of each item: `first` (items) and `second` (items), as indices.

    `completions`: how many there are; an index means one completion of one prompt.
    """

    first: Ints
    second: Ints
    completions: int


def votes_of(
    item: Array,
    judge: Array,
    verdict: Array,
    *,
    weight: Array | None = None,
    shown: Array | None = None,
    items: int | None = None,
    judges: int | None = None,
) -> Votes:
    """Votes from arrays (n); the order of the votes does not matter.

    They are sorted, so that sums over them are the same to the last bit. A judge who voted several
    times on an item (to test consistency, or by a copy) speaks once: the votes share the weight.
    `weight`: 1 by default; `shown`: unknown by default; `items` and `judges`: how many there are,
    one more than the largest index by default. Raises ValueError for arrays of different lengths, a
    negative index or one too large, a verdict outside -1 to 1, a weight that is not positive.

    >>> votes = votes_of(np.array([0, 0, 0]), np.array([0, 1, 1]), np.array([1.0, -1.0, -1.0]))
    >>> votes.weight.tolist()
    [1.0, 0.5, 0.5]
    """
    votes = answers_of(item, judge, verdict, weight=weight, shown=shown, items=items, judges=judges)
    if not (np.abs(votes.verdict) <= 1).all():
        raise ValueError("verdict: must lie between -1 (second better) and 1 (first better)")
    return votes


def answers_of(
    unit: Array,
    judge: Array,
    value: Array,
    *,
    weight: Array | None = None,
    shown: Array | None = None,
    items: int | None = None,
    judges: int | None = None,
) -> Votes:
    """Answers of judges on any scale, such as ratings of completions, for measures of agreement.

    As `votes_of`, with a unit for the item and any finite value for the verdict.
    """
    count = len(unit)
    given = Votes(
        item=np.asarray(unit, np.int64),
        judge=np.asarray(judge, np.int64),
        verdict=np.asarray(value, np.float64),
        weight=np.ones(count) if weight is None else np.asarray(weight, np.float64),
        shown=np.zeros(count, np.int64) if shown is None else np.asarray(shown, np.int64),
        items=int(np.max(unit, initial=-1)) + 1 if items is None else items,
        judges=int(np.max(judge, initial=-1)) + 1 if judges is None else judges,
    )
    _demand_sound(given)
    return _sorted(replace(given, weight=given.weight / _repeats(given)))


def only(votes: Votes, which: Flags) -> Votes:
    """The votes of which `which` (n) is true; items and judges keep their indices."""
    arrays = ("item", "judge", "verdict", "weight", "shown")
    return replace(votes, **{name: getattr(votes, name)[which] for name in arrays})


def judges_of_items(votes: Votes) -> Ints:
    """How many different judges voted on each item (items)."""
    seen = np.unique(votes.item * max(votes.judges, 1) + votes.judge)
    return np.bincount(seen // max(votes.judges, 1), minlength=votes.items)


def swapped(votes: Votes) -> Votes:
    """The same votes on items whose completions change places."""
    return _sorted(replace(votes, verdict=-votes.verdict, shown=-votes.shown))


def mirrored(votes: Votes) -> Votes:
    """The votes, and on as many further items the same votes with the completions swapped.

    Which completion is called first is a convention. Statistics of these votes do not depend on it.
    """
    return _sorted(
        Votes(
            item=np.concatenate([votes.item, votes.item + votes.items]),
            judge=np.concatenate([votes.judge] * 2),
            verdict=np.concatenate([votes.verdict, -votes.verdict]),
            weight=np.concatenate([votes.weight] * 2),
            shown=np.concatenate([votes.shown, -votes.shown]),
            items=2 * votes.items,
            judges=votes.judges,
        )
    )


def votes_of_scores(
    ballot: Array,
    completion: Array,
    score: Array,
    judge: Array,
    *,
    place: Array | None = None,
    full: float | None = None,
    judges: int | None = None,
) -> tuple[Items, Votes]:
    """Rankings or ratings as votes: each ballot compares each two of its completions.

    `ballot` (n): what one judge said at once; `completion` (n): an index; a ballot holds each
    completion once, and completions of one prompt only. `score` (n): more is better; NaN: nothing
    was said. `judge` (ballots): an index for each ballot. `place` (n): where the completion was
    shown, less is earlier; negative: unknown. `full`: the difference of scores that is a full
    preference; None: any difference is. A ballot of m completions makes m(m - 1)/2 votes, which
    weigh m - 1 together, as many as it has independent comparisons.
    """
    places = np.full(len(score), -1) if place is None else np.asarray(place)
    known = np.flatnonzero(~np.isnan(np.asarray(score, np.float64)))
    order = known[np.lexsort((np.asarray(completion)[known], np.asarray(ballot)[known]))]
    one, other, size = pairs_within(np.asarray(ballot)[order])
    one, other = order[one], order[other]
    completions = int(np.max(completion, initial=-1)) + 1
    keys = np.asarray(completion, np.int64)[one] * completions + np.asarray(completion)[other]
    pairs, item = np.unique(keys, return_inverse=True)
    gap = np.asarray(score, np.float64)[one] - np.asarray(score, np.float64)[other]
    strength = np.sign(gap) if full is None else np.clip(gap / full, -1, 1)
    is_known = (places[one] >= 0) & (places[other] >= 0)
    votes = votes_of(
        item,
        np.asarray(judge, np.int64)[np.asarray(ballot)[one]],
        strength,
        weight=2 / size,
        shown=np.where(is_known, np.sign(places[other] - places[one]), 0),
        items=len(pairs),
        judges=judges,
    )
    first, second = np.divmod(pairs, max(completions, 1))
    return Items(first, second, completions), votes


def pairs_within(groups: Array) -> tuple[Ints, Ints, Ints]:
    """Positions of each two members of a group, the lower first, and the size of the group (n).

    `groups`: the group of each member, ascending.
    """
    _, starts, sizes = np.unique(groups, return_index=True, return_counts=True)
    ones, others, of = [], [], []
    for size in np.unique(sizes):
        left, right = np.triu_indices(size, 1)
        at = starts[sizes == size][:, None]
        ones.append((at + left).ravel())
        others.append((at + right).ravel())
        of.append(np.full(at.shape[0] * len(left), size))
    if not ones:
        none = np.zeros(0, np.int64)
        return none, none, none
    return np.concatenate(ones), np.concatenate(others), np.concatenate(of)


def _demand_sound(votes: Votes) -> None:
    lengths = {len(votes.item), len(votes.judge), len(votes.verdict)}
    if lengths | {len(votes.weight), len(votes.shown)} != {len(votes.item)}:
        raise ValueError("the arrays of votes differ in length: each needs one entry a vote")
    if not len(votes):
        return
    for name, index, most in (
        ("item", votes.item, votes.items),
        ("judge", votes.judge, votes.judges),
    ):
        if index.min() < 0 or index.max() >= most:
            raise ValueError(f"{name}: indices must lie between 0 and {most - 1}")
    if not np.isfinite(votes.verdict).all():
        raise ValueError("verdict: must be a finite number")
    if not (np.isfinite(votes.weight) & (votes.weight > 0)).all():
        raise ValueError("weight: must be more than 0 and finite")
    if not np.isin(votes.shown, (-1, 0, 1)).all():
        raise ValueError("shown: must be 1 (first was shown first), -1, or 0 (unknown)")


def _repeats(votes: Votes) -> Ints:
    """How many votes the judge of each vote cast on its item (n)."""
    _, which, counts = np.unique(
        votes.item * max(votes.judges, 1) + votes.judge, return_inverse=True, return_counts=True
    )
    repeats: Ints = counts[which]
    return repeats


def _sorted(votes: Votes) -> Votes:
    order = np.lexsort((votes.weight, votes.shown, votes.verdict, votes.judge, votes.item))
    arrays = ("item", "judge", "verdict", "weight", "shown")
    return replace(votes, **{name: getattr(votes, name)[order] for name in arrays})
