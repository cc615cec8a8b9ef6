"""Krippendorff's alpha, with an interval by a bootstrap of whole prompts.

Hayes and Krippendorff, "Answering the call for a standard reliability measure for coding data"
(Communication Methods and Measures 1, 2007). The values of a unit by different judges are paired;
alpha is 1 less the mean difference within units over that among all values. The package
`krippendorff` would compute the value; ours, which tests hold to it, also weighs repeated answers
of a judge, and resamples prompts in the time of one sum for each different kind of prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from prefdata.records.arrays import Doubles, Ints
from prefdata.transforms.judgements.votes import (
    Array,
    Votes,
    judges_of_items,
    only,
    pairs_within,
)
from prefdata.transforms.metrics.bootstrap import CELLS, LEVEL, Bootstrap

Sparse = Any
"""A scipy.sparse.csr_array, which has no types."""

Scale = Literal["nominal", "ordinal", "interval"]
"""How different two values are. nominal: they are, or are not. ordinal: by the number of values
given between them. interval: by the square of their difference."""


@dataclass(frozen=True)
class Coincidences:
    """What alpha is made of: pairs of values within units, of n kinds of prompts.

    `values` (v): the different values, ascending. Of each kind: `counts` (n): how many prompts are
    of it; `marginals` (n, v): paired values; `left`, `right` (e): different values that occur
    together, as indices into `values`, left < right; `pairs` (n, e): how often, by weight. Both are
    sparse matrices. `units`: units with values of two or more judges.
    """

    values: Doubles
    counts: Ints
    marginals: Sparse
    left: Ints
    right: Ints
    pairs: Sparse
    units: int


@dataclass(frozen=True)
class Alpha:
    """Alpha and its interval. None: no unit has two judges, or all values are the same.

    `units`, `prompts`: those that have values of two or more judges.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int
    prompts: int


def krippendorff_alpha(
    answers: Votes, prompt: Array, scale: Scale, draw: Bootstrap | None = None
) -> Alpha:
    """Alpha of the values that judges gave units; `answers.verdict` holds any numbers.

    `prompt` (units): index of the prompt of each unit. `draw`: None for no interval; the interval
    is the percentile interval, None with fewer than two prompts, and where no resample differs.
    Resamples in which all values are the same have no alpha and are left out.

    >>> from prefdata.transforms.judgements.votes import votes_of
    >>> answers = votes_of(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([1, 1, -1, 0]))
    >>> krippendorff_alpha(answers, np.array([0, 1]), "nominal").value
    0.4
    """
    found = coincidences(answers, prompt)
    prompts = int(found.counts.sum())
    value = _alphas(found, found.counts[None, :].astype(np.float64), scale)[0]
    low = high = None
    if draw is not None and prompts > 1 and not np.isnan(value):
        alphas = np.concatenate([*_resampled(found, draw, scale)])
        alphas = alphas[~np.isnan(alphas)]
        if len(alphas):
            tail = (1 - LEVEL) / 2
            low, high = np.quantile(alphas, [tail, 1 - tail]).tolist()
            if low == high:  # the resamples do not differ: that says nothing of other prompts
                low = high = None
    return Alpha(None if np.isnan(value) else float(value), low, high, found.units, prompts)


def coincidences(answers: Votes, prompt: Array) -> Coincidences:
    """Pairs of values of different judges within units, by kind of prompt.

    Prompts with the same pairs are of one kind, whatever their order. A judge's several answers on
    one unit have one weight together, and are not paired with one another. Memory grows with the
    square of the different values within a unit, and not with the number of its judges.
    """
    judged = judges_of_items(answers)
    answers = only(answers, judged[answers.item] > 1)
    values, value = np.unique(answers.verdict, return_inverse=True)
    prompts, of_unit = np.unique(np.asarray(prompt), return_inverse=True)
    row = of_unit[answers.item]
    total = _per_prompt(answers.weight, row, value, (len(prompts), len(values)))
    unit, left, right, weight = _joint(answers.item, value, answers.weight)
    by_judge = answers.item * max(answers.judges, 1) + answers.judge
    own, own_left, own_right, own_weight = _joint(by_judge, value, answers.weight)
    unit = np.concatenate([unit, own // max(answers.judges, 1)])
    weight = 2 * np.concatenate([weight, -own_weight]) / (judged[unit] - 1)
    keys = np.concatenate([left, own_left]) * len(values) + np.concatenate([right, own_right])
    cells, column = np.unique(keys, return_inverse=True)
    pairs = _per_prompt(weight, of_unit[unit], column, (len(prompts), len(cells)))
    rows, counts = _kinds(total, pairs)
    first, second = np.divmod(cells, max(len(values), 1))
    return Coincidences(
        values=values,
        counts=counts,
        marginals=total[rows],
        left=first,
        right=second,
        pairs=pairs[rows],
        units=int((judged > 1).sum()),
    )


def _joint(group: Ints, value: Ints, weight: Doubles) -> tuple[Ints, Ints, Ints, Doubles]:
    """Each two different values of a group: the group, the values, the product of their weights."""
    most = int(value.max(initial=0)) + 1
    keys, which = np.unique(group * most + value, return_inverse=True)
    sums: Doubles = np.bincount(which, weight, len(keys)).astype(np.float64)
    groups, values = np.divmod(keys, most)
    one, other, _ = pairs_within(groups)
    return groups[one], values[one], values[other], sums[one] * sums[other]


def _per_prompt(weight: Doubles, row: Ints, column: Ints, shape: tuple[int, int]) -> Sparse:
    """Sums of weights by prompt and column, as a sparse matrix with sorted columns."""
    from scipy.sparse import coo_array

    summed = coo_array((weight, (row, column)), shape=shape).tocsr()
    summed.sort_indices()
    return summed


def _kinds(*matrices: Sparse) -> tuple[Ints, Ints]:
    """A row of each kind, and how many rows are of it; kinds in an order that rows do not decide.

    Rows are of one kind if they are equal up to rounding; empty rows are of none.
    """
    first: dict[bytes, int] = {}
    counts: dict[bytes, int] = {}
    for row in np.flatnonzero(np.diff(matrices[0].indptr)).tolist():
        key = b"|".join(_content(matrix, row) for matrix in matrices)
        first.setdefault(key, row)
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(first)
    rows = np.array([first[key] for key in ordered], np.int64)
    return rows, np.array([counts[key] for key in ordered], np.int64)


def _content(matrix: Sparse, row: int) -> bytes:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    data: Doubles = matrix.data[part]
    return bytes(matrix.indices[part].tobytes() + (data.round(9) + 0.0).tobytes())


def _resampled(found: Coincidences, draw: Bootstrap, scale: Scale) -> Iterator[Doubles]:
    """Alphas of resamples, in blocks; a resample has as many prompts as the data."""
    random = np.random.default_rng(draw.seed)
    prompts = int(found.counts.sum())
    width = max(len(found.counts), len(found.values), len(found.left))
    block = max(CELLS // max(width, 1), 1)
    for start in range(0, draw.resamples, block):
        rows = min(block, draw.resamples - start)
        drawn = random.multinomial(prompts, found.counts / prompts, size=rows)
        yield _alphas(found, drawn.astype(np.float64), scale)


def _alphas(found: Coincidences, drawn: Doubles, scale: Scale) -> Doubles:
    """Alpha of each resample (r), which holds `drawn` (r, n) prompts of each kind; NaN: none."""
    if not len(found.counts):
        return np.full(len(drawn), np.nan)
    marginals = np.asarray((found.marginals.T @ drawn.T).T)
    pairs = np.asarray((found.pairs.T @ drawn.T).T)
    total = marginals.sum(axis=1)
    if scale == "nominal":
        within = pairs.sum(axis=1)
        among = total**2 - (marginals**2).sum(axis=1)
    else:
        points = found.values[None, :]
        if scale == "ordinal":
            points = np.cumsum(marginals, axis=1) - marginals / 2
        points = points - (points * marginals).sum(axis=1, keepdims=True) / total[:, None]
        within = (pairs * (points[:, found.left] - points[:, found.right]) ** 2).sum(axis=1)
        among = 2 * total * (marginals * points**2).sum(axis=1)
    is_one_value = (marginals > 0).sum(axis=1) < 2
    among = np.where(is_one_value, np.nan, among)
    alphas: Doubles = 1 - (total - 1) * within / among
    return alphas
