"""Pairwise accuracy and loss from reward margins; accuracy by source and language."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.records.arrays import Doubles, Ints
from prefdata.results.training import SMALL, Slice
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate

Points = npt.NDArray[np.int8]
"""For each pair 2: right, 0: wrong; 1: a tie, if ties count half."""

UNKNOWN = "(unknown)"


def points(reward_margins: npt.NDArray[Any], *, halve_ties: bool) -> Points:
    """The points of each pair; a tie counts nothing, as in TRL's RewardTrainer, or half.

    >>> points(np.array([1.5, 0.0, -2.0]), halve_ties=True).tolist()
    [2, 1, 0]
    """
    margins = np.asarray(reward_margins)
    scored: Points = 2 * (margins > 0).astype(np.int8)
    return scored + (margins == 0) if halve_ties else scored


def losses(reward_margins: npt.NDArray[Any]) -> Doubles:
    """-log sigmoid(reward_margin) of each pair, without overflow."""
    return np.logaddexp(0.0, -np.asarray(reward_margins, np.float64))


def sigmoid(values: npt.NDArray[Any]) -> Doubles:
    """The logistic function: the probability that the first of two completions is preferred."""
    return np.exp(-losses(values))


def slices(scored: Points, groups: Ints, names: pl.Series, draw: Bootstrap) -> tuple[Slice, ...]:
    """Accuracy on the pairs of each name, those with most pairs first."""
    frame = pl.DataFrame({"name": names.cast(pl.String).fill_null(UNKNOWN)}).with_row_index()
    by_name = frame.group_by("name").agg("index")
    cut = []
    for name, places in zip(by_name["name"], by_name["index"], strict=True):
        mine = places.to_numpy()
        known = estimate(scored[mine], groups[mine], draw)
        small = known.groups < SMALL
        cut.append(Slice(**known.model_dump(), name=name, is_small=small))
    return tuple(sorted(cut, key=lambda name_slice: (-name_slice.pairs, name_slice.name)))
