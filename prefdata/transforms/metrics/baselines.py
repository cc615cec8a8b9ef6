"""What a reward model has to beat: the same reward for all, length alone, labels without meaning.

In all three a tie counts half, as a coin would decide it: a model that says the same of everything
is right half of the time, not never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.sentences import Sentence
from prefdata.results.training import Baseline
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate, flipped
from prefdata.transforms.metrics.pairwise import losses, points, sigmoid


@dataclass(frozen=True)
class LengthRule:
    """A reward that is `weight` times the logarithm of the length, fitted on `pairs` pairs."""

    weight: float
    pairs: int

    def reward_margins(self, chosen: Ints, rejected: Ints) -> Doubles:
        """Of pairs with completions of so many characters."""
        return self.weight * log_ratios(chosen, rejected)


def log_ratios(chosen: Ints, rejected: Ints) -> Doubles:
    """Differences in the logarithm of length; one is added, since a completion may be empty."""
    return np.log1p(chosen) - np.log1p(rejected)


def length_rule(chosen: Ints, rejected: Ints) -> LengthRule:
    """The weight under which the chosen lengths of training pairs are the likeliest.

    A Bradley-Terry model with one parameter. Two pairs are added that differ by a factor e in
    length, one decided each way: they keep the weight finite where the longer one always wins,
    and weigh nothing beside a thousand pairs.

    >>> length_rule(np.array([20, 30, 10]), np.array([10, 10, 12])).weight > 0
    True
    """
    from scipy.optimize import brentq

    ratios = np.concatenate([log_ratios(chosen, rejected), [1.0, -1.0]])

    def slope(weight: float) -> float:
        return -float(ratios @ sigmoid(-weight * ratios))

    start = slope(0.0)
    if start == 0.0:
        return LengthRule(0.0, len(chosen))
    far = -np.sign(start)
    while slope(far) * start > 0:
        far *= 2
    return LengthRule(float(brentq(slope, 0.0, far, xtol=1e-9)), len(chosen))


def constant(groups: Ints) -> Baseline:
    """All pairs tie."""
    pairs = len(groups)
    return Baseline(
        pairs=pairs,
        groups=len(np.unique(groups)),
        value=0.5 if pairs else None,
        low=None,
        high=None,
        loss=float(np.log(2)) if pairs else None,
        made=Sentence("baseline.constant"),
        absent=Sentence("metrics.one-half" if pairs else "metrics.no-pairs"),
    )


def length_only(rule: LengthRule, margins: Doubles, groups: Ints, draw: Bootstrap) -> Baseline:
    """The rule on held-out pairs: `margins` (n) are its reward margins."""
    better = "baseline.longer" if rule.weight > 0 else "baseline.shorter"
    says = Sentence(better if rule.weight else "baseline.no-length")
    made = Sentence("baseline.length", rule=says, weight=rule.weight, pairs=rule.pairs)
    return _of(margins, groups, draw, made)


def shuffled_refit(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap) -> Baseline:
    """A model that was trained on shuffled labels, by its reward margins (n)."""
    return _of(margins, groups, draw, Sentence("baseline.shuffled"))


def label_flips(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap) -> Baseline:
    """The model's own rewards against labels that a coin turned round, for whole groups at once.

    Mean and range of 95% over many throws; a model whose accuracy lies within has learnt nothing
    that can be told from chance. Pairs of a group turn together, since they are not independent.
    """
    pairs, made = len(margins), Sentence("baseline.flipped")
    if not pairs:
        return _of(margins, groups, draw, made)
    _, members = np.unique(groups, return_inverse=True)
    scored = points(margins, halve_ties=True)
    right = np.bincount(members, weights=scored).astype(np.int64)
    wrong = np.bincount(members, weights=2 - scored).astype(np.int64)
    low, high = np.quantile(flipped(right, wrong, draw) / (2 * pairs), [0.025, 0.975])
    return Baseline(
        pairs=pairs,
        groups=len(right),
        value=0.5,  # what every pair brings on average
        low=float(low),
        high=float(high),
        loss=float((losses(margins).mean() + losses(-margins).mean()) / 2),
        made=made,
    )


def _of(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap, made: Sentence) -> Baseline:
    known = estimate(points(margins, halve_ties=True), groups, draw)
    loss = float(losses(margins).mean()) if len(margins) else None
    return Baseline(**known.model_dump(), loss=loss, made=made)
