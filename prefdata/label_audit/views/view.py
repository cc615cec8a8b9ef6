"""The protocol of a view: a set of features of pairs that reward margins are learnt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prefdata.records.arrays import Floats, Ints

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class JudgingPlan:
    """The labels that models train on, for n pairs, and the folds in which they judge.

    `labels` (variants, n): the training labels of each variant. 1: the pair as recorded; -1:
    flipped; 0: left out; values in between: a smaller weight. Variant 0 is the data as recorded.
    `folds` (repeats, n): the fold (0 and up) of each pair; a group is never split. A pair is judged
    by the model of each repeat that was trained on the other folds.
    """

    labels: Floats
    folds: Ints

    @property
    def variants(self) -> int:
        return len(self.labels)

    @property
    def repeats(self) -> int:
        return len(self.folds)


class View(Protocol):
    """A set of features of n pairs.

    `is_content`: whether it reads what the completions say; other views (controls) read only what
    should not decide a preference, such as length.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_content(self) -> bool: ...

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """Reward margins (variants, repeats, n) of the pairs **as recorded** (chosen - rejected).

        Held out: by a model that was trained on no label of the pair's group. Antisymmetric:
        swapping the sides of a pair flips the sign. 0 for a pair without features.
        """
        ...
