"""The rewards of the rows of a run, as the step `score` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from prefdata.io.files.arrays import read_array, write_array
from prefdata.records.arrays import Doubles, Flags, Floats, Ints
from prefdata.results.scores import Agreement


@dataclass(frozen=True)
class Scored:
    """Rows that a reward model has scored, ascending.

    `rewards` (n, 2): of chosen and rejected, all finite. `spread` (n): standard deviation of the
    reward margin over the members of an ensemble, NaN for a single model. `given` (n): the row's
    own margin from the dataset, NaN if it has none.
    """

    rows: Ints
    rewards: Floats
    spread: Floats
    given: Doubles

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def reward_margins(self) -> Floats:
        """Chosen - rejected reward (n)."""
        margins: Floats = self.rewards[:, 0] - self.rewards[:, 1]
        return margins

    @property
    def states_preference(self) -> Flags:
        """Which rows (n) have a margin of their own that is not 0."""
        states: Flags = ~np.isnan(self.given) & (self.given != 0)
        return states

    @property
    def as_stated(self) -> Doubles:
        """The reward margin times the sign of the row's own margin (n).

        Negative: the two signs differ. NaN: the row's own margin is missing or 0.
        """
        signs = np.where(self.states_preference, np.sign(self.given), np.nan)
        stated: Doubles = signs * self.reward_margins
        return stated


def write_scored(folder: Path, scored: Scored) -> None:
    """Writes the arrays of `scored` to a folder, one npy file each."""
    for name, values in vars(scored).items():
        write_array(folder / f"{name}.npy", values)


def read_scored(folder: Path) -> Scored:
    """Reads what `write_scored` wrote."""
    return Scored(
        read_array(folder / "rows.npy"),
        read_array(folder / "rewards.npy"),
        read_array(folder / "spread.npy"),
        read_array(folder / "given.npy"),
    )


def accuracy_of(scored: Scored) -> float | None:
    """Pairwise accuracy, 0 to 1: the share of rows with a positive reward margin; a tie counts as
    wrong. None for no rows."""
    return float((scored.reward_margins > 0).mean()) if len(scored) else None


def agreement_of(scored: Scored) -> Agreement:
    """How well reward margins agree with the rows' own: share of equal signs, and Spearman's rank
    correlation (mean ranks for ties)."""
    stated = scored.as_stated[scored.states_preference]
    has_margin = ~np.isnan(scored.given)
    margins = (scored.given[has_margin], scored.reward_margins[has_margin])
    return Agreement(
        rows=int(has_margin.sum()),
        signed=len(stated),
        agree_ratio=float((stated > 0).mean()) if len(stated) else None,
        spearman=_spearman(pl.DataFrame(dict(zip(("given", "reward"), margins, strict=True)))),
    )


def _spearman(margins: pl.DataFrame) -> float | None:
    if any(column.n_unique() < 2 for column in margins):
        return None
    return float(margins.select(pl.corr("given", "reward", method="spearman")).item())
