"""The state of a training, and its result."""

from __future__ import annotations

import msgspec


class StepEvaluation(msgspec.Struct, frozen=True):
    """Mean loss and pairwise accuracy (0 to 1) on held-out pairs after `step` steps."""

    step: int
    loss: float
    accuracy: float


class TrainingState(msgspec.Struct):
    """The state in a checkpoint, besides weights and moments. `step`: steps taken; `seconds`: spent
    on steps only; `losses`: of each step.

    The order of pairs and the random numbers follow from seed and step, so they are not stored.
    """

    step: int = 0
    seconds: float = 0.0
    losses: list[float] = []
    evaluations: list[StepEvaluation] = []

    def add(self, loss: float, seconds: float) -> None:
        """Adds one step."""
        self.step += 1
        self.losses.append(loss)
        self.seconds += seconds

    @property
    def best(self) -> StepEvaluation | None:
        """The first evaluation with the lowest loss; None without evaluations."""
        return min(self.evaluations, key=lambda evaluation: evaluation.loss, default=None)

    def has_waited(self, patience: int) -> bool:
        """Whether `patience` evaluations have passed since the best one; never for 0."""
        best = self.best
        since = len(self.evaluations) - self.evaluations.index(best) - 1 if best else 0
        return 0 < patience <= since


class Trained(msgspec.Struct, frozen=True):
    """The result of a training.

    `steps` were taken, `resumed_from` of them in earlier runs. `pairs`: processed, repetitions
    included. `losses`: of each step; `evaluations`: on held-out pairs; `kept_step`: the step of the
    final weights of the network.
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
        """Pairs per second of steps, without evaluations and checkpoints."""
        return self.pairs / self.seconds if self.seconds else 0.0
