"""What is learnt from the pairs: as recorded, with planted flips, and with labels of no meaning."""

from __future__ import annotations

import numpy as np

from prefdata.config.audit import AuditConfig
from prefdata.errors import DataError
from prefdata.label_audit.views.view import JudgingPlan
from prefdata.records.arrays import Floats, Ints
from prefdata.results.sentences import Sentence
from prefdata.transforms.metrics.folds import grouped_folds

_FLIPS, _NULL, _FOLDS = range(3)  # what the seed is used for


def plan_of(groups: Ints, config: AuditConfig) -> JudgingPlan:
    """The plan for n pairs in `groups` (n).

    Variants: 0 as recorded; then copies in which a share of the labels was turned, each other ones
    (`planted`); last, labels of whole groups turned by a coin: what is learnt from them is chance.
    Raises DataError where there are too few groups (`why_too_few`).
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
    """Why nothing can be learnt from pairs in these groups, and what to do; None where it can."""
    found = len(np.unique(groups))
    if found >= config.folds:
        return None
    return Sentence("not-judged.few-groups", pairs=len(groups), groups=found, folds=config.folds)


def folds_of(groups: Ints, config: AuditConfig) -> Ints:
    """Folds (repeats, n): another division in each repeat."""
    return np.stack(
        [
            grouped_folds(groups, config.folds, _seed(config.seed, _FOLDS, repeat))
            for repeat in range(config.repeats)
        ]
    )


def planted(pairs: int, flips: float, seed: int, copy: int) -> Floats:
    """Labels (pairs): -1 for a share of `flips` of the rows, one at least, drawn at random."""
    random = np.random.default_rng([seed, _FLIPS, copy])
    labels = np.ones(pairs, np.float32)
    labels[random.choice(pairs, max(round(flips * pairs), 1), replace=False)] = -1
    return labels


def turned_groups(groups: Ints, seed: int) -> Floats:
    """Labels (n): 1 or -1, the same for all pairs of a group, by the throw of a coin.

    The coins are independent: were just as many turned as not, the labels of a fold would be known
    in part from those of the other folds, and the null would lie below one half.
    """
    _, members = np.unique(groups, return_inverse=True)
    coins = np.random.default_rng([seed, _NULL]).random(members.max(initial=-1) + 1) < 0.5
    return np.where(coins, -1, 1).astype(np.float32)[members.reshape(-1)]


def _seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0])
