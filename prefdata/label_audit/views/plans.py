"""The labels to train on: as recorded, with planted flips, and random by group; and the folds."""

from __future__ import annotations

import numpy as np

from prefdata.config.audit import AuditConfig
from prefdata.errors import DataError
from prefdata.label_audit.views.view import JudgingPlan
from prefdata.records.arrays import Floats, Ints
from prefdata.results.sentences import Sentence
from prefdata.transforms.metrics.folds import grouped_folds

_FLIPS, _NULL, _FOLDS = range(3)  # parts of the seed, by purpose


def plan_of(groups: Ints, config: AuditConfig) -> JudgingPlan:
    """The plan for n pairs in `groups` (n).

    Variants: 0 as recorded; then one for each copy of the self-test, with a share of the labels
    flipped at random (`planted`); last, labels random by group, from which only chance can be
    learnt. Raises DataError if there are too few groups (`why_too_few`).
    """
    if why := why_too_few(groups, config):
        raise DataError(why)
    test, pairs = config.self_test, len(groups)
    labels = np.ones((test.copies + 2, pairs), np.float32)
    for copy in range(test.copies):
        labels[1 + copy] = planted(pairs, test.flips, config.seed, copy)
    labels[-1] = turned_groups(groups, config.seed)
    return JudgingPlan(labels, folds_of(groups, config))


def why_too_few(groups: Ints, config: AuditConfig) -> Sentence | None:
    """Why nothing can be learnt from pairs in these groups, and what to do; None if it can."""
    count = len(np.unique(groups))
    if count >= config.folds:
        return None
    return Sentence("not-judged.few-groups", pairs=len(groups), groups=count, folds=config.folds)


def folds_of(groups: Ints, config: AuditConfig) -> Ints:
    """Folds (repeats, n), drawn anew for each repeat."""
    return np.stack(
        [
            grouped_folds(groups, config.folds, _seed(config.seed, _FOLDS, repeat))
            for repeat in range(config.repeats)
        ]
    )


def planted(pairs: int, flips: float, seed: int, copy: int) -> Floats:
    """Labels (pairs) with a random share of `flips` set to -1, at least one, and 1 elsewhere."""
    random = np.random.default_rng([seed, _FLIPS, copy])
    labels = np.ones(pairs, np.float32)
    labels[random.choice(pairs, max(round(flips * pairs), 1), replace=False)] = -1
    return labels


def turned_groups(groups: Ints, seed: int) -> Floats:
    """Random labels (n), 1 or -1, the same for all pairs of a group.

    Groups are drawn independently: if exactly half of them were -1, the labels of a fold could in
    part be predicted from the other folds, and the accuracy by chance would lie below one half.
    """
    _, members = np.unique(groups, return_inverse=True)
    coins = np.random.default_rng([seed, _NULL]).random(members.max(initial=-1) + 1) < 0.5
    return np.where(coins, -1, 1).astype(np.float32)[members.reshape(-1)]


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
