"""Reading the pair table: the properties of each pair of a run besides its texts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from prefdata.io.files.shards import read_table
from prefdata.records.arrays import Flags, Ints

KNOWN_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("number", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("split", pa.string()),
        ("group", pa.int64()),
        ("language", pa.string()),
        ("turns", pa.int64()),
        ("margin", pa.float64()),
        ("chosen_length", pa.int64()),
        ("rejected_length", pa.int64()),
    ]
)
"""One line for every pair, ascending by `row`, its number in this run. `number`: in the ledger of
the output folder from which it was read, else equal to `row`. `group`: rows that must share a
split, named after one of them; if groups were not computed, rows with the same prompt. `language`:
ISO 639-1 or `und`, of the completions, or of the prompt if they are too short. `turns`: user
messages in the prompt. `margin`: null for none. Lengths: characters of the completions."""


@dataclass(frozen=True)
class PairTable:
    """The properties of n pairs: a frame of `KNOWN_SCHEMA`. All arrays have shape (n)."""

    frame: pl.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def rows(self) -> Ints:
        return self.frame["row"].to_numpy()

    @property
    def numbers(self) -> Ints:
        return self.frame["number"].to_numpy()

    @property
    def groups(self) -> Ints:
        return self.frame["group"].to_numpy()

    @property
    def margins(self) -> npt.NDArray[np.float64]:
        """The dataset's own margin of each pair, NaN for none."""
        return self.frame["margin"].fill_null(np.nan).to_numpy()

    @property
    def lengths(self) -> tuple[Ints, Ints]:
        """Characters of chosen and of rejected (n)."""
        frame = self.frame
        return frame["chosen_length"].to_numpy(), frame["rejected_length"].to_numpy()

    @property
    def turns(self) -> Ints:
        """Messages of the user in the prompt (n)."""
        return self.frame["turns"].to_numpy()

    @property
    def sources(self) -> pl.Series:
        return self.frame["source"]

    @property
    def languages(self) -> pl.Series:
        return self.frame["language"]

    def is_in(self, split: str) -> Flags:
        """Which of the pairs are in a split."""
        return (self.frame["split"] == split).to_numpy()

    def named(self, rows: Ints) -> list[str]:
        """The places of rows in their sources, for display: `raw/a.jsonl, row 7`."""
        places = self.of(rows).frame.select("source", "source_row")
        return [f"{source}, row {row}" for source, row in places.iter_rows()]

    def of(self, rows: Ints) -> PairTable:
        """The pairs of `rows`, in that order. Raises KeyError if one is not in the table."""
        if not len(rows):
            return PairTable(self.frame.clear())
        places = np.searchsorted(self.rows, rows).clip(max=max(len(self) - 1, 0))
        if not len(self) or not np.array_equal(self.rows[places], rows):
            raise KeyError("a row that no line is about")
        return PairTable(self.frame[places])


def read_pair_table(file: Path) -> PairTable:
    """Reads the table that `write_pair_table` wrote."""
    return PairTable(pl.DataFrame(pa.Table.from_batches(read_table(file), KNOWN_SCHEMA)))


def pair_table_file(folder: Path) -> Path:
    """The path of the table that `write_pair_table` writes."""
    return folder / "known.arrow"
