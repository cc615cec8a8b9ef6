"""Data whose labels are turned, without writing them: views are odd in the two sides of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.views.view import JudgingPlan, Progress, View
from prefdata.records.arrays import Floats

Signs = npt.NDArray[np.float32]


def coins(pairs: int, seed: int) -> Signs:
    """1 or -1 for each of n pairs, by the throw of a coin."""
    return np.random.default_rng([seed, 7]).choice(np.array([1, -1], np.float32), pairs)


@dataclass(frozen=True)
class Turned:
    """A view of the same pairs, some of them recorded the other way round: `turn` (n), 1 or -1."""

    view: View
    turn: Signs

    @property
    def name(self) -> str:
        return self.view.name

    @property
    def is_content(self) -> bool:
        return self.view.is_content

    def margins(self, plan: JudgingPlan, progress: Progress | None = None) -> Floats:
        """Of the pairs as they stand after the turn."""
        found: Any = self.view.margins(JudgingPlan(plan.labels * self.turn, plan.folds), progress)
        return np.asarray(found * self.turn, np.float32)
