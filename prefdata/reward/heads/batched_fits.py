"""Many fits as the columns of one tensor program: members, folds, penalties and random labels.

All columns share the same pairs and differ in which of them count: none of the column's held-out
fold, and all others except one part of the groups, a different one for each member. So the members
form a jackknife (delete-a-group; Kott, 2001): to first order their mean is that of one fit on all
pairs, which is not true of bootstrapped members, and their spread gives the standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Flags, Ints

Counts = npt.NDArray[np.uint8]

NO_FOLD = NO_PART = -1


@dataclass(frozen=True)
class FitColumns:
    """K fits on n pairs.

    `folds` (K): the held-out fold of each, `NO_FOLD` for none. `counts` (n, K): 1 if a pair is
    trained on, else 0. `is_turned` (n, K): its label is flipped; None if no label is. `is_outside`
    (n, K): neither trained on nor in the fold, so that it can serve for early stopping. `penalties`
    (K).
    """

    folds: Ints
    counts: Counts
    is_turned: Flags | None
    is_outside: Flags
    penalties: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.folds)


def columns_of(
    groups: Ints,
    row_folds: Ints,
    folds: Sequence[int],
    members: int,
    penalty: float,
    *,
    turn: bool = False,
    seed: Sequence[int],
) -> FitColumns:
    """`members` columns for each of `folds`, in order, each without another part of the groups.

    `groups` (n): numbers from 0; `row_folds` (n). The groups outside of a fold are divided into as
    many parts as there are members, so that every group is left out by one of them; a single member
    is trained on all. With `turn` half of the labels outside of the fold are flipped at random.
    """
    shape = len(groups), len(folds) * members
    counts, is_outside = np.zeros(shape, np.uint8), np.zeros(shape, np.bool_)
    is_turned = np.zeros(shape, np.bool_) if turn else None
    for place, fold in enumerate(folds):
        random = np.random.default_rng([*seed, place])
        is_training = row_folds != fold if fold != NO_FOLD else np.ones(len(groups), np.bool_)
        parts = _parts(groups, is_training, members, random)
        for member in range(members):
            column = place * members + member
            is_outside[:, column] = is_training & (parts == member)
            counts[:, column] = is_training & ~is_outside[:, column]
            if is_turned is not None:
                is_turned[:, column] = is_training & (random.random(len(groups)) < 0.5)
    penalties = np.full(shape[1], penalty, np.float32)
    return FitColumns(np.repeat(folds, members), counts, is_turned, is_outside, penalties)


def joined(parts: Sequence[FitColumns]) -> FitColumns:
    """Several sets of columns, concatenated."""
    turned = None
    if any(part.is_turned is not None for part in parts):
        none = [np.zeros(part.counts.shape, np.bool_) for part in parts]
        turned = np.concatenate(
            [
                other if part.is_turned is None else part.is_turned
                for part, other in zip(parts, none, strict=True)
            ],
            axis=1,
        )
    return FitColumns(
        np.concatenate([part.folds for part in parts]),
        np.concatenate([part.counts for part in parts], axis=1),
        turned,
        np.concatenate([part.is_outside for part in parts], axis=1),
        np.concatenate([part.penalties for part in parts]),
    )


def _parts(groups: Ints, is_training: Flags, parts: int, random: np.random.Generator) -> Ints:
    """The part (n) of each pair's group; `NO_PART` for all if there is only one group or part.

    Parts have equally many groups, up to one.
    """
    inside = np.unique(groups[is_training])
    part_of = np.full(int(groups.max()) + 1, NO_PART)
    if parts == 1 or len(inside) == 1:  # no group can be left out
        return part_of[groups]
    part_of[random.permutation(inside)] = np.arange(len(inside)) % parts
    parts_of_pairs: Ints = part_of[groups]
    return parts_of_pairs
