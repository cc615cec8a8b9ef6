"""Trains heads with crossfitting: every pair is scored by members not trained on its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.config.reward import HeadConfig, ObjectiveConfig, RewardConfig
from prefdata.errors import DataError
from prefdata.records.arrays import Flags, Floats, Ints
from prefdata.reward.heads.batched_fits import NO_FOLD, FitColumns, columns_of, joined
from prefdata.reward.heads.conjugate_gradients import Progress
from prefdata.reward.heads.feature_blocks import BLOCK
from prefdata.reward.heads.features import PairVectors
from prefdata.reward.heads.fit_linear import fit_linear
from prefdata.reward.heads.fit_mlp import fit_mlp
from prefdata.reward.heads.heads import Head, averaged, member_rewards

PENALTIES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Candidates for linear heads without a given penalty; the least held-out loss decides."""

MLP_PENALTY = 0.1
"""The default for mlp heads, which stop early and hardly depend on it."""

_MLP_NULLS = 2  # mlps on random labels per fold: each as slow as the others

_SEARCH, _CROSS, _FINAL, _NULL = range(4)  # parts of the seed, by purpose


@dataclass(frozen=True)
class HeadFit:
    """The result of training on n pairs.

    `head`: the members trained on all pairs. `rewards` (n, 2) and `spread` (n): held out, as in
    `HeadRewards`; NaN for a pair without an embedding, and for all pairs without folds. `is_used`
    (n): the pair has all embeddings it needs. `accuracies` (folds): share of held-out pairs with
    chosen above rejected, NaN for an empty fold. `null_margins` (n, nulls): held-out reward margins
    of heads trained on random labels. `unfinished`: fits that reached the limit of steps before
    they converged.
    """

    head: Head
    penalty: float
    rewards: Floats
    spread: Floats
    is_used: Flags
    null_margins: Floats
    accuracies: tuple[float, ...] = ()
    fits: int = 0
    unfinished: int = 0

    @property
    def accuracy(self) -> float:
        """Share of held-out pairs with chosen above rejected; NaN without folds."""
        margins = self.rewards[self.is_used, 0] - self.rewards[self.is_used, 1]
        known = margins[np.isfinite(margins)]
        return float((known > 0).mean()) if len(known) else float("nan")


def fit_heads(
    pairs: PairVectors,
    groups: Ints,
    folds: Ints | None,
    margins: npt.NDArray[np.floating],
    config: RewardConfig,
    *,
    progress: Progress | None = None,
) -> HeadFit:
    """Trains `config.head.members` heads on all pairs, and as many for each fold on the others.

    `groups` (n): any integers; each member leaves out another part of them (see `columns_of`), a
    single linear head is trained on all. `folds` (n): 0 and up, groups whole (`grouped_folds`);
    None: nothing is held out. `margins` (n): NaN where a pair has none. The penalty is chosen by
    the loss in the same folds that are reported, as a choice among ten values.
    Raises DataError if there is nothing to learn from.
    """
    is_used = pairs.having(config.head.features)
    task = _task(pairs.only(is_used), groups[is_used], folds, is_used, margins[is_used], config)
    penalty = task.penalty(progress)
    head = config.head
    nulls = head.members if head.kind == "linear" else min(head.members, _MLP_NULLS)
    parts = [
        task.columns(task.names, head.members, penalty, _CROSS),
        task.columns(task.names, nulls, penalty, _NULL),
        task.columns([NO_FOLD], head.members, penalty, _FINAL),
    ]
    columns = joined(parts)
    fitted, unfinished = task.fit(columns, progress)
    ends = np.cumsum([len(part) for part in parts])
    held_out_rewards = _empty(len(pairs), head.members)
    held_out_rewards[is_used] = task.held_out(fitted.some(slice(0, ends[0])), head.members)
    null_rewards = _empty(len(pairs), nulls)
    null_rewards[is_used] = task.held_out(fitted.some(slice(ends[0], ends[1])), nulls)
    mean = averaged(held_out_rewards)
    used = mean.rewards[is_used]
    return HeadFit(
        fitted.some(slice(ends[1], ends[2])),
        penalty,
        mean.rewards,
        mean.spread,
        is_used,
        null_rewards[:, 0] - null_rewards[:, 1],
        tuple(_accuracy(used[task.folds == fold]) for fold in task.names),
        len(columns),
        unfinished,
    )


@dataclass(frozen=True)
class _Task:
    """The pairs with embeddings, and the settings of their training."""

    pairs: PairVectors
    groups: Ints
    folds: Ints
    names: list[int]
    margins: Floats
    head: HeadConfig
    objective: ObjectiveConfig
    seed: int

    def columns(
        self, folds: Sequence[int], members: int, penalty: float, purpose: int
    ) -> FitColumns:
        """`members` columns for each fold, fold by fold."""
        return columns_of(
            self.groups,
            self.folds,
            folds,
            members,
            penalty,
            turn=purpose == _NULL,
            seed=[self.seed, purpose],
        )

    def penalty(self, progress: Progress | None) -> float:
        """The given penalty, or the candidate with the least held-out loss."""
        if self.head.penalty is not None:
            return self.head.penalty
        if self.head.kind == "mlp":
            return MLP_PENALTY
        parts = [self.columns(self.names, 1, penalty, _SEARCH) for penalty in PENALTIES]
        columns = joined(parts)
        head, _ = self.fit(columns, progress)
        folds = len(self.names)
        rewards = np.concatenate(
            [
                self.held_out(head.some(slice(place * folds, (place + 1) * folds)), 1)
                for place in range(len(PENALTIES))
            ],
            axis=-1,
        )
        beyond = (rewards[:, 0] - rewards[:, 1]).astype(np.float64) - self.margins[:, None]
        slope = self.objective.smoothing / (1 - 2 * self.objective.smoothing)
        losses = (np.logaddexp(0, -beyond) - slope * beyond).mean(axis=0)
        return PENALTIES[int(losses.argmin())]

    def fit(self, columns: FitColumns, progress: Progress | None) -> tuple[Head, int]:
        """A head with one member per column, and the number of members that did not converge."""
        features, objective = self.head.features, self.objective
        zero = np.zeros(len(columns), np.float32)
        if self.head.kind == "linear":
            linear = fit_linear(self.pairs, features, self.margins, columns, objective, progress)
            head = Head("linear", features, {"weights": linear.weights, "offset": zero})
            finished = linear.is_converged
        else:
            mlp = fit_mlp(
                self.pairs,
                features,
                self.margins,
                columns,
                objective,
                progress,
                hidden=self.head.hidden,
                seed=self.seed,
            )
            arrays = {"first": mlp.first, "bias": mlp.bias, "second": mlp.second, "offset": zero}
            head, finished = Head("mlp", features, arrays), mlp.is_converged
        arrays = {**head.arrays, "offset": self._offset(head, columns)}
        return Head(head.kind, features, arrays), int((~finished).sum())

    def held_out(self, head: Head, members: int) -> Floats:
        """Rewards (n, 2, members) of each pair by the columns of its own fold."""
        rewards = _empty(len(self.pairs), members)
        for fold in self.names:
            which = np.flatnonzero(self.folds == fold)
            place = self.names.index(fold) * members
            part = head.some(slice(place, place + members))
            rewards[which] = member_rewards(part, self.pairs.only(which))
        return rewards

    def _offset(self, head: Head, columns: FitColumns) -> Floats:
        """Mean reward (K) of the sides that each column was trained on."""
        total = np.zeros(len(columns))
        for start in range(0, len(self.pairs), BLOCK):
            which = slice(start, min(start + BLOCK, len(self.pairs)))
            rewards = head.rewards(self.pairs.features(head.features, which)).mean(axis=1)
            total += (rewards * columns.counts[which]).sum(axis=0, dtype=np.float64)
        mean: Floats = (total / columns.counts.sum(axis=0, dtype=np.float64)).astype(np.float32)
        return mean


def _task(
    pairs: PairVectors,
    groups: Ints,
    folds: Ints | None,
    is_used: Flags,
    margins: npt.NDArray[np.floating],
    config: RewardConfig,
) -> _Task:
    if not len(pairs):
        raise DataError(
            f"no pair to train on: of {len(is_used):,} pairs none has embeddings of all its parts"
        )
    if not _has_contrast(pairs, config.head.features):
        raise DataError(
            f"chosen and rejected have the same embedding in all {len(pairs):,} pairs: a head on "
            "these embeddings cannot tell them apart"
        )
    given = np.full(len(pairs), NO_FOLD) if folds is None else np.asarray(folds)[is_used]
    names = [] if folds is None else list(range(int(np.max(folds)) + 1))
    for fold in names:
        if not (given != fold).any():
            raise DataError(
                f"all {len(pairs):,} pairs with embeddings are in fold {fold}: none is left to "
                "train on. Ask for fewer folds (head.folds), or train on more data."
            )
    target_margins = np.nan_to_num(margins) if config.objective.margin else np.zeros(len(pairs))
    return _Task(
        pairs,
        np.unique(groups, return_inverse=True)[1].reshape(-1),
        given,
        names,
        target_margins.astype(np.float32),
        config.head,
        config.objective,
        config.optimiser.seed,
    )


def _has_contrast(pairs: PairVectors, features: tuple[str, ...]) -> bool:
    return any(
        np.ptp(pairs.features(features, slice(start, start + BLOCK)), axis=1).any()
        for start in range(0, len(pairs), BLOCK)
    )


def _empty(pairs: int, members: int) -> Floats:
    return np.full((pairs, 2, members), np.nan, np.float32)


def _accuracy(rewards: Floats) -> float:
    """Share of pairs with chosen above rejected; a tie is wrong."""
    return float((rewards[:, 0] > rewards[:, 1]).mean()) if len(rewards) else float("nan")
