"""What is known of pairs besides their texts: what results are compared with and divided by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.records.arrays import Ints


@dataclass(frozen=True)
class PairFacts:
    """n pairs, in the order of `Judged`.

    `rows`: their numbers in the run, ascending. `groups`: pairs that may not part. `sources`,
    `languages`: names. `lengths`: characters of chosen (n) and of rejected (n). `margins`: those
    that the data states, NaN where there is none. `turns`: messages of the user in the prompt;
    None where nobody counted.
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
