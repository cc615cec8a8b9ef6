"""How far a training has come, and what it has given."""

from __future__ import annotations

import msgspec


class StepEvaluation(msgspec.Struct, frozen=True):
    """What the held-out pairs gave after so many steps."""

    step: int
    loss: float
    accuracy: float


class TrainingState(msgspec.Struct):
    """What a checkpoint knows besides weights and moments; `seconds`: spent on steps alone.

    The order of the pairs and the random numbers of a step follow from the seed and its number,
    so `step`, the number of steps taken, stands for both.
    """

    step: int = 0
    seconds: float = 0.0
    losses: list[float] = []
    evaluations: list[StepEvaluation] = []

    def add(self, loss: float, seconds: float) -> None:
        """One step more."""
        self.step += 1
        self.losses.append(loss)
        self.seconds += seconds

    @property
    def best(self) -> StepEvaluation | None:
        """The first with the lowest loss."""
        return min(self.evaluations, key=lambda found: found.loss, default=None)

    def has_waited(self, patience: int) -> bool:
        """Whether so many evaluations have passed since the best; never for 0."""
        best = self.best
        since = len(self.evaluations) - self.evaluations.index(best) - 1 if best else 0
        return 0 < patience <= since


class Trained(msgspec.Struct, frozen=True):
    """What came of a training.

    `steps` were taken, `resumed_from` of them in runs before this one; `pairs` were seen, each as
    often as it was; `losses`: of each step; `evaluations`: on held-out pairs;
    `kept_step`: after which step the weights are as the network now has them.
    """

    steps: int
    resumed_from: int
    pairs: int
    seconds: float
    losses: tuple[float, ...]
    evaluations: tuple[StepEvaluation, ...]
    kept_step: int
    stopped_early: bool
    processes: int

    @property
    def pairs_per_second(self) -> float:
        """Over the steps alone: without evaluations and checkpoints."""
        return self.pairs / self.seconds if self.seconds else 0.0
