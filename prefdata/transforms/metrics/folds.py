"""Folds of cross-validation, about equally large, that never split a group."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from prefdata.errors import DataError
from prefdata.records.arrays import Ints


def grouped_folds(groups: npt.ArrayLike, folds: int, seed: int) -> Ints:
    """The fold (0 to folds - 1) of every row; `groups` (n): any integers.

    Groups are assigned in descending size, each to the fold with the fewest rows so far; the seed
    orders groups of equal size. So two folds differ by at most the rows of the largest group.
    Raises DataError if there are fewer groups than folds, or fewer than two folds are asked for.

    >>> grouped_folds([7, 7, 3, 5], folds=2, seed=0).tolist()
    [0, 0, 1, 1]
    """
    _, numbers, sizes = np.unique(
        np.asarray(groups, np.int64), return_inverse=True, return_counts=True
    )
    _check(folds, len(sizes))
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    filled = [(0, fold) for fold in range(folds)]
    fold_of = np.zeros(len(sizes), np.int64)
    for group in order.tolist():
        rows, fold = filled[0]
        fold_of[group] = fold
        heapq.heapreplace(filled, (rows + int(sizes[group]), fold))
    return fold_of[numbers.reshape(-1)]


def _check(folds: int, groups: int) -> None:
    if folds < 2:
        raise DataError(f"{folds} folds: cross-validation needs two or more")
    if groups < folds:
        raise DataError(
            f"{groups} groups of rows cannot be divided into {folds} folds: rows of a group "
            f"(the same prompt) stay together. Ask for fewer folds, or train on more data."
        )
