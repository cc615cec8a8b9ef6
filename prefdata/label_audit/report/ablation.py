"""Ablation: whether training without the flagged rows improves held-out accuracy.

For every seed some groups are held out, and nothing is trained on their labels: neither the models,
nor the stack, the calibration, or the flags. The audit is repeated on the other groups, across
folds, and flags some of their rows. Three arms are then trained in the same way: on all these rows,
without the flagged ones, and without as many drawn at random. Each is measured on the held-out
rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from prefdata.config.audit import AuditConfig
from prefdata.errors import DataError
from prefdata.label_audit.claims.shape import FIRST, Ranking
from prefdata.label_audit.judge.calibrate import calibrated
from prefdata.label_audit.judge.stack import stacked
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.label_audit.views.plans import why_too_few
from prefdata.label_audit.views.view import JudgingPlan, Progress, View
from prefdata.records.arrays import Doubles, Flags, Floats, Ints
from prefdata.results.audit import Ablation, Arm
from prefdata.results.sentences import Sentence
from prefdata.results.training import Estimate
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate
from prefdata.transforms.metrics.folds import grouped_folds
from prefdata.transforms.metrics.pairwise import losses, points

_ABLATION = 7  # part of the seed; differs from those of `plans`
_ALL, _WITHOUT_FLAGGED, _WITHOUT_RANDOM = range(3)
_NAMES: tuple[Literal["all", "without-flagged", "without-random"], ...] = (
    "all",
    "without-flagged",
    "without-random",
)


def ablate(
    views: Sequence[View], facts: PairFacts, config: AuditConfig, progress: Progress | None = None
) -> Ablation:
    """Trains the three arms for every seed of `config.ablation`, on the pairs of `views`.

    Flagged are the first `config.top` rows of the ranking, or the first 50, that models disagree
    with; ranked as in the audit, but by the training rows alone, with a single division into folds.
    Raises DataError if there are
    too few groups to hold some out.
    """
    seeds = config.ablation.repeats
    outcomes = []
    for seed in range(seeds):
        outcomes.append(_Trial.of(facts.groups, config, seed).run(views, config))
        if progress is not None:
            progress(seed + 1, seeds)
    return _summary(outcomes, facts.groups, config)


@dataclass(frozen=True)
class _Outcome:
    """The outcome of one seed.

    `tested` (t): places of the held-out rows; `margins` (3, t): their reward margins by each arm;
    `flagged`, `trained`: numbers of rows.
    """

    tested: Ints
    margins: Doubles
    flagged: int
    trained: int


@dataclass(frozen=True)
class _Trial:
    """`folds` (n): those of the training rows; the held-out rows are the last fold.

    So training rows are judged by models of the other folds, on which the stack is fitted, and
    held-out rows by models of all training rows.
    """

    folds: Ints
    is_tested: Flags
    random: np.random.Generator

    @classmethod
    def of(cls, groups: Ints, config: AuditConfig, number: int) -> _Trial:
        random = np.random.default_rng([config.seed, _ABLATION, number])
        is_tested = put_aside(groups, config.ablation.test, random)
        if why := why_too_few(groups[~is_tested], config):
            raise DataError(Sentence("ablation.few-groups", test=config.ablation.test, why=why))
        folds = np.full(len(groups), config.folds)
        seed = int(random.integers(2**32))
        folds[~is_tested] = grouped_folds(groups[~is_tested], config.folds, seed)
        return cls(folds, is_tested, random)

    def run(self, views: Sequence[View], config: AuditConfig) -> _Outcome:
        trained = (~self.is_tested).astype(np.float32)
        flagged = self._flagged(self._trained(views, trained[None])[0], config)
        arms = np.stack([trained] * len(_NAMES))
        arms[_WITHOUT_FLAGGED, flagged] = 0
        arms[_WITHOUT_RANDOM, self._as_many(len(flagged))] = 0
        together = self._trained(views, arms)  # once more all: views choose penalties by it
        tested = np.flatnonzero(self.is_tested)
        return _Outcome(tested, together[:, tested], len(flagged), int(trained.sum()))

    def _trained(self, views: Sequence[View], labels: Floats) -> Doubles:
        """Calibrated margins (variants, n) of all views together.

        `labels` (variants, n): the training labels.
        """
        plan = JudgingPlan(labels, self.folds[None])
        margins = np.stack([view.margins(plan) for view in views])
        stack = stacked(margins, plan).margins[:, 0].astype(np.float64)
        together = [
            calibrated(own, trained_on, self.folds).log_odds(own)
            for own, trained_on in zip(stack, labels, strict=True)
        ]
        return np.stack(together)

    def _flagged(self, together: Doubles, config: AuditConfig) -> Ints:
        """Places of the training rows whose labels models speak against most."""
        places = np.flatnonzero(~self.is_tested)
        margin = together[places]
        order = Ranking(margin).order[: config.top or FIRST]
        flagged: Ints = places[order[margin[order] < 0]]
        return flagged

    def _as_many(self, rows: int) -> Ints:
        drawn: Ints = self.random.choice(np.flatnonzero(~self.is_tested), rows, replace=False)
        return drawn


def put_aside(groups: Ints, share: float, random: np.random.Generator) -> Flags:
    """Marks (n) whole groups, drawn at random, with about a share of the pairs; at least one group.

    Groups are added as long as the marked rows do not exceed the share.
    """
    _, members = np.unique(groups, return_inverse=True)
    sizes = np.bincount(members)
    order = random.permutation(len(sizes))
    is_in = np.zeros(len(sizes), np.bool_)
    is_in[order] = np.cumsum(sizes[order]) <= share * len(groups)
    if len(order):
        is_in[order[0]] = True
    is_marked: Flags = is_in[members]
    return is_marked


def _summary(done: list[_Outcome], groups: Ints, config: AuditConfig) -> Ablation:
    flagged = round(float(np.mean([outcome.flagged for outcome in done])))
    tested = np.concatenate([outcome.tested for outcome in done])
    margins = np.concatenate([outcome.margins for outcome in done], axis=1)
    right = points(margins, halve_ties=False)
    # a group that several seeds have put aside counts as one: its pairs are all drawn, or none
    difference = right[_WITHOUT_FLAGGED] - right[_WITHOUT_RANDOM]
    gain = estimate(difference, groups[tested], Bootstrap(seed=config.seed), least=-2, most=2)
    arms = tuple(
        Arm(
            name=name,
            rows=round(float(np.mean([_rows(outcome, number) for outcome in done]))),
            accuracy=float(right[number].mean() / 2),
            loss=float(losses(margins[number]).mean()),
        )
        for number, name in enumerate(_NAMES)
    )
    return Ablation(
        repeats=len(done),
        tested=len(tested),
        flagged=flagged,
        arms=arms,
        gain=gain,
        says=gain_sentence(gain, arms, flagged),
    )


def _rows(outcome: _Outcome, arm: int) -> int:
    return outcome.trained - (0 if arm == _ALL else outcome.flagged)


def gain_sentence(gain: Estimate, arms: tuple[Arm, ...], flagged: int) -> Sentence:
    if not flagged:
        return Sentence("ablation.nothing")
    _, without, random = arms
    measured = Sentence(
        "ablation.measured", flagged=flagged, without=without.accuracy, random=random.accuracy
    )
    if gain.low is None or gain.high is None or gain.value is None:
        why = "ablation.one-group" if gain.groups == 1 else "ablation.no-spread"
        sentences: tuple[str, ...] = (measured, Sentence(why))
    else:
        sentences = (measured, _verdict(gain.low, gain.high), Sentence("ablation.noisy"))
    return Sentence("paragraph", sentences=sentences)


def _verdict(low: float, high: float) -> Sentence:
    if low > 0:
        code = "ablation.helps"
    elif high < 0:
        code = "ablation.harms"
    else:
        code = "ablation.no-difference"
    return Sentence(code, low=100 * low, high=100 * high)
