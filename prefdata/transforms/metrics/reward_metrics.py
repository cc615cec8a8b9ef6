"""The metrics of a reward model, from its rewards of pairs that it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.config.reward import EvaluationConfig
from prefdata.errors import DataError
from prefdata.records.arrays import Doubles, Ints
from prefdata.results.sentences import Sentence
from prefdata.results.training import Baselines, Correlation, Estimate, Metrics
from prefdata.transforms.metrics.baselines import (
    LengthRule,
    constant,
    label_flips,
    length_only,
    shuffled_refit,
)
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate
from prefdata.transforms.metrics.calibration import calibration
from prefdata.transforms.metrics.length_match import correlation, length_metrics
from prefdata.transforms.metrics.pairwise import Points, losses, points, slices

_NAMED = 5


@dataclass(frozen=True)
class HeldOut:
    """n pairs with their rewards by a model, in any order.

    `chosen`, `rejected` (n): rewards; `rows` (n): row numbers, for messages; `groups` (n): leakage
    groups; `margins` (n): stated in the data, NaN where there is none; `sources`, `languages` (n):
    names, null if unknown; `chosen_length`, `rejected_length` (n): characters of the completions.
    """

    chosen: npt.NDArray[Any]
    rejected: npt.NDArray[Any]
    rows: Ints
    groups: Ints
    margins: npt.NDArray[Any]
    sources: pl.Series
    languages: pl.Series
    chosen_length: Ints
    rejected_length: Ints

    def __len__(self) -> int:
        return len(self.rows)


def measure(
    held_out: HeldOut,
    rule: LengthRule,
    config: EvaluationConfig,
    *,
    seed: int = 0,
    margin: bool = False,
    shuffled: npt.NDArray[Any] | None = None,
) -> Metrics:
    """All metrics; those that cannot be computed are None, with the reason.

    `rule`: `length_rule` of the training pairs. `margin`: whether the model was trained with the
    margins in the data. `shuffled` (n): reward margins of a model trained on shuffled labels;
    without them labels are flipped instead. Raises DataError if a reward is NaN or infinite, with
    the rows.
    """
    refuse_non_finite(held_out)
    draw = Bootstrap(config.bootstrap, seed)
    groups = held_out.groups
    rewards = held_out.chosen.astype(np.float64), held_out.rejected.astype(np.float64)
    lengths = held_out.chosen_length.astype(np.int64), held_out.rejected_length.astype(np.int64)
    margins, by_length = rewards[0] - rewards[1], rule.reward_margins(*lengths)
    scored = points(margins, halve_ties=False)
    own, absent = _averages(margins, held_out.margins, margin=margin)
    return Metrics(
        pairs=len(held_out),
        groups=len(np.unique(groups)),
        ties=int(np.count_nonzero(margins == 0)),
        accuracy=estimate(scored, groups, draw),
        over_length_only=_advantage(margins, by_length, groups, draw),
        **own,
        calibration=calibration(margins),
        length=length_metrics(rewards, lengths, scored, groups, draw),
        given_margin=_against_given(margins, held_out.margins),
        baselines=Baselines(
            constant=constant(groups),
            length_only=length_only(rule, by_length, groups, draw),
            label_shuffled=label_flips(margins, groups, draw)
            if shuffled is None
            else shuffled_refit(shuffled, groups, draw),
        ),
        **_slices(scored, held_out, draw),
        absent=absent,
    )


def refuse_non_finite(held_out: HeldOut) -> None:
    """Raises DataError if a reward is NaN or infinite."""
    is_bad = ~(np.isfinite(held_out.chosen) & np.isfinite(held_out.rejected))
    places = np.flatnonzero(is_bad)
    if not len(places):
        return
    named = ", ".join(
        f"row {held_out.rows[at]} (chosen {held_out.chosen[at]:g}, "
        f"rejected {held_out.rejected[at]:g})"
        for at in places[:_NAMED]
    )
    more = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
    raise DataError(
        f"{len(places):,} of {len(held_out):,} pairs have a reward that is not a finite number: "
        f"{named}{more}. The model is broken: train it with a lower optimiser.learning_rate, or "
        "look at these rows"
    )


def _averages(
    margins: Doubles, given: npt.NDArray[Any], *, margin: bool
) -> tuple[dict[str, float | None], dict[str, Sentence]]:
    """The metrics that are plain means, and why some are absent."""
    values: dict[str, float | None] = dict.fromkeys(("loss", "loss_with_margin", "reward_margin"))
    if not len(margins):
        return values, dict.fromkeys(values, Sentence("metrics.no-pairs"))
    values |= {"loss": float(losses(margins).mean()), "reward_margin": float(margins.mean())}
    is_given = np.isfinite(given)
    if not margin:
        return values, {"loss_with_margin": Sentence("metrics.margins-unused")}
    if not is_given.any():
        return values, {"loss_with_margin": Sentence("metrics.no-margin")}
    filled_margins = np.where(is_given, given, 0.0)
    return values | {"loss_with_margin": float(losses(margins - filled_margins).mean())}, {}


def _advantage(margins: Doubles, by_length: Doubles, groups: Ints, draw: Bootstrap) -> Estimate:
    own, other = (
        points(reward_margins, halve_ties=True) for reward_margins in (margins, by_length)
    )
    return estimate(own - other, groups, draw, least=-2)


def _against_given(margins: Doubles, given: npt.NDArray[Any]) -> Correlation:
    is_given = np.isfinite(given)
    if is_given.any():
        return correlation(margins[is_given], given[is_given])
    absent = Sentence("metrics.no-margin")
    return Correlation(pearson=None, spearman=None, points=0, absent=absent)


def _slices(scored: Points, held_out: HeldOut, draw: Bootstrap) -> dict[str, Any]:
    named = {"sources": held_out.sources, "languages": held_out.languages}
    return {of: slices(scored, held_out.groups, names, draw) for of, names in named.items()}
