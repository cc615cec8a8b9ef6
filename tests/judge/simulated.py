"""A judge whose position bias and skill are known, and pairs whose better answer is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Ints
from prefdata.transforms.judging.figures import JudgedPairs


@dataclass(frozen=True)
class Skill:
    """With probability `bias` the judge takes what is shown first; else it is right with
    probability `right`, each time anew."""

    bias: float
    right: float

    @property
    def first(self) -> float:
        """The share of its verdicts for what is shown first, where either is better as often."""
        return self.bias + (1 - self.bias) / 2

    @property
    def single(self) -> float:
        """The share of its verdicts that are right."""
        return self.bias / 2 + (1 - self.bias) * self.right

    @property
    def consistency(self) -> float:
        """The share of pairs on which it says the same in both orders."""
        held = (1 - self.bias) * self.right
        lost = (1 - self.bias) * (1 - self.right)
        # the better one is first in the one order, and second in the other
        return (self.bias + held) * held + (self.bias + lost) * lost

    @property
    def decided(self) -> float:
        """The share of pairs with the same verdict in both orders on which it is right."""
        held = (1 - self.bias) * self.right
        return (self.bias + held) * held / self.consistency


def verdicts(skill: Skill, better: Ints, seed: int) -> tuple[Ints, Ints]:
    """Its verdicts in both orders (n, n), seen from the first completion."""
    random = np.random.default_rng(seed)

    def said(position: int) -> Ints:
        biased = random.random(len(better)) < skill.bias
        right = random.random(len(better)) < skill.right
        return np.where(biased, position, np.where(right, better, -better)).astype(np.int64)

    return said(1), said(-1)


def judged_pairs(skill: Skill, *, prompts: int, each: int, seed: int) -> JudgedPairs:
    """`each` pairs of each of some prompts, judged in both orders."""
    random = np.random.default_rng(seed + 1)
    count = prompts * each
    better = np.where(random.random(count) < 0.5, 1, -1).astype(np.int64)
    one, other = verdicts(skill, better, seed)
    return JudgedPairs(
        criterion="overall",
        prompt=np.repeat(np.arange(prompts), each),
        language=["en"] * count,
        side=np.where(one == other, one, 0),
        one=one,
        other=other,
        label=better,
        longer=np.where(random.random(count) < 0.5, 1, -1).astype(np.int64),
    )
