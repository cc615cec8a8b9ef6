"""Facts about pairs besides their texts, which results are compared with and sliced by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.records.arrays import Ints


@dataclass(frozen=True)
class PairFacts:
    """n pairs, in the order of `Judged`.

    `rows`: their numbers in the run, ascending. `groups`: leakage groups, which are never split.
    `sources`, `languages`: names. `lengths`: characters of chosen (n) and of rejected (n).
    `margins`: margins stated in the data, NaN where there is none. `turns`: user messages in the
    prompt; None if they were not counted.
    """

    rows: Ints
    groups: Ints
    sources: pl.Series
    languages: pl.Series
    lengths: tuple[Ints, Ints]
    margins: npt.NDArray[np.float64]
    turns: Ints | None = None

    def __len__(self) -> int:
        return len(self.rows)
