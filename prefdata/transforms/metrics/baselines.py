"""Baselines that a reward model must beat: a constant reward, length alone, random labels.

In all of them a tie counts half, so that a constant reward is right half of the time, not never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.sentences import Sentence
from prefdata.results.training import Baseline
from prefdata.transforms.metrics.bootstrap import Bootstrap, ends_of, estimate, flipped
from prefdata.transforms.metrics.pairwise import losses, points, sigmoid


@dataclass(frozen=True)
class LengthRule:
    """A reward of `weight` times the logarithm of the length, fitted on `pairs` pairs."""

    weight: float
    pairs: int

    def reward_margins(self, chosen: Ints, rejected: Ints) -> Doubles:
        """Reward margins (n) of pairs with completions of these lengths, in characters."""
        return self.weight * log_ratios(chosen, rejected)


def log_ratios(chosen: Ints, rejected: Ints) -> Doubles:
    """Differences (n) in the logarithm of length plus one, since a completion may be empty."""
    return np.log1p(chosen) - np.log1p(rejected)


def length_rule(chosen: Ints, rejected: Ints) -> LengthRule:
    """The length rule of maximum likelihood for training pairs, by the lengths of their sides.

    A Bradley-Terry model with one parameter. Two pairs are added whose lengths differ by a factor
    e, one decided each way: they keep the weight finite if the longer one always wins, and are
    negligible beside a thousand pairs.

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
    """The baseline of a constant reward: all pairs tie."""
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
    """The baseline of the length rule, by its reward margins (n) on held-out pairs."""
    better = "baseline.longer" if rule.weight > 0 else "baseline.shorter"
    says = Sentence(better if rule.weight else "baseline.no-length")
    made = Sentence("baseline.length", rule=says, weight=rule.weight, pairs=rule.pairs)
    return _of(margins, groups, draw, made)


def shuffled_refit(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap) -> Baseline:
    """The baseline of a model trained on shuffled labels, by its reward margins (n)."""
    return _of(margins, groups, draw, Sentence("baseline.shuffled"))


def label_flips(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap) -> Baseline:
    """The baseline of the model's own rewards against labels flipped at random, by whole groups.

    Mean and central 95% range over many draws; the accuracy of a model within this range cannot be
    told from chance. Pairs of a group are flipped together, since they are not independent.
    """
    pairs, made = len(margins), Sentence("baseline.flipped")
    if not pairs:
        return _of(margins, groups, draw, made)
    _, members = np.unique(groups, return_inverse=True)
    scored = points(margins, halve_ties=True)
    right = np.bincount(members, weights=scored).astype(np.int64)
    wrong = np.bincount(members, weights=2 - scored).astype(np.int64)
    ends = ends_of(flipped(right, wrong, draw) / (2 * pairs), [0.025, 0.975])
    low, high = ends or (None, None)
    return Baseline(
        pairs=pairs,
        groups=len(right),
        value=0.5,  # the mean of every pair
        low=low,
        high=high,
        loss=float((losses(margins).mean() + losses(-margins).mean()) / 2),
        made=made,
        absent=None if ends else Sentence("metrics.flips-alike"),
    )


def _of(margins: npt.NDArray[Any], groups: Ints, draw: Bootstrap, made: Sentence) -> Baseline:
    known = estimate(points(margins, halve_ties=True), groups, draw)
    loss = float(losses(margins).mean()) if len(margins) else None
    return Baseline(**known.model_dump(), loss=loss, made=made)
