"""A view: one way to look at pairs, from which reward margins are learnt across folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prefdata.records.arrays import Floats, Ints

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class JudgingPlan:
    """What is learnt from n pairs, and which models judge which.

    `labels` (variants, n): what each variant of the data trains on. 1: the pair as recorded; -1:
    turned round; 0: left out; between: as much less weight. Variant 0 is the data as recorded.
    `folds` (repeats, n): the fold (0 and up) of each pair, groups whole. A pair is judged by the
    model of its repeat that was trained on the other folds.
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
    """One way to look at n pairs.

    `is_content`: it sees what the completions say; the others (controls) see only what should not
    matter, such as their length.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_content(self) -> bool: ...

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """Reward margins (variants, repeats, n) of the pairs **as recorded** (chosen - rejected).

        Held out: by a model that saw no label of the pair's group. Antisymmetric: swapping the
        sides of a pair turns the sign. 0 where the view knows nothing of a pair.
        """
        ...
