"""The result of a training, of a head or a backbone: model, metrics, and rewards of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from prefdata.config.model import BuildConfig
from prefdata.errors import DataError
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.records.arrays import Flags, Ints
from prefdata.results.training import Course, Metrics, TrainedModel
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.reward.read_rewards import Scored
from prefdata.steps.verdict_tables import Tables, rows_by_reason
from prefdata.transforms.metrics.baselines import LengthRule, length_rule
from prefdata.transforms.metrics.reward_metrics import HeldOut, measure

TRAINED, VALIDATION, HELD_OUT = "trained", "validation", "held-out"


@dataclass(frozen=True)
class Division:
    """The use of each of n pairs: flags (n), at most one set per pair."""

    trained: Flags
    validation: Flags
    held_out: Flags

    @property
    def watched(self) -> Flags:
        """The pairs that are measured during training."""
        return self.validation if self.validation.any() else self.held_out


@dataclass(frozen=True)
class TrainedResult:
    """A trained model.

    `rows` (n): those that the model can take; `division`: their use. `scored`: rewards of rows by
    models that were not trained on them. `verdicts`: all, including those of the steps that
    prepared the rows for the model. `save(folder)` writes the model. `identity`: a fingerprint of
    all that it depends on. `versions`: of libraries.
    """

    kind: Literal["backbone", "head"]
    model: TrainedModel
    course: Course
    rows: Ints
    division: Division
    scored: Scored
    verdicts: Tables
    dropped: dict[str, int]
    held_out: Metrics | None
    cross_validated: Metrics | None
    remarks: dict[str, str]
    identity: str
    save: Callable[[Path], None]
    versions: dict[str, str]

    @property
    def uses(self) -> list[str | None]:
        """The use of each of `rows`; None if it has none."""
        named = {
            TRAINED: self.division.trained,
            VALIDATION: self.division.validation,
            HELD_OUT: self.division.held_out,
        }
        uses: list[str | None] = [None] * len(self.rows)
        for name, flags in named.items():
            for place in np.flatnonzero(flags):
                uses[place] = name
        return uses


def divide(pairs: PairTable, config: BuildConfig) -> Division:
    """The train split is trained on; with early stopping the validation split decides when to stop.

    All other pairs are held out.
    """
    trained, validation = pairs.is_in("train"), pairs.is_in("validation")
    if not config.reward.evaluation.patience:
        validation = np.zeros_like(validation)
    return Division(trained, validation, ~trained & ~validation)


def refuse_nothing(data: Dataset, dropped: dict[str, int], division: Division) -> None:
    """Raises DataError, saying where the rows went, unless there is a pair to train on."""
    if division.trained.any():
        return
    reasons = rows_by_reason([data.counts.dropped, dropped])
    went = [f"{rows:,} dropped as {reason}" for reason, rows in reasons.items()]
    if data.counts.quarantined:
        went.append(f"{data.counts.quarantined:,} quarantined because they could not be read")
    if held_out := len(division.trained):
        went.append(f"{held_out:,} in other splits than train")
    account = f" ({', '.join(went)})" if went else ""
    names = ", ".join(data.trail.names[:3]) + (", ..." if len(data.trail.names) > 3 else "")
    raise DataError(
        f"no pair is left to train on. Rows read from {names}: {data.counts.rows_read:,}"
        f"{account}. `prefdata validate` shows what is wrong with them; "
        "--max-length says how long pairs may be, --test how many are held out."
    )


def rule_of(pairs: PairTable) -> LengthRule:
    """The length rule fitted to these pairs: a baseline whose only feature is length."""
    return length_rule(*pairs.lengths)


def measured(
    pairs: PairTable,
    rewards: npt.NDArray[np.float32],
    rule: LengthRule,
    config: BuildConfig,
    shuffled: npt.NDArray[np.float32] | None = None,
) -> Metrics | None:
    """Metrics of pairs by their rewards (n, 2); None if there are no pairs."""
    if not len(pairs):
        return None
    chosen_length, rejected_length = pairs.lengths
    held_out = HeldOut(
        chosen=rewards[:, 0],
        rejected=rewards[:, 1],
        rows=pairs.numbers,
        groups=pairs.groups,
        margins=pairs.margins,
        sources=pairs.sources,
        languages=pairs.languages,
        chosen_length=chosen_length,
        rejected_length=rejected_length,
    )
    reward = config.reward
    return measure(
        held_out,
        rule,
        reward.evaluation,
        seed=reward.optimiser.seed,
        margin=reward.objective.margin,
        shuffled=shuffled,
    )
