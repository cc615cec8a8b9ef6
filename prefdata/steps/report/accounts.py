"""Where every row of a dataset went, wherever the dataset lies: in a workspace or as written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from prefdata.results.audit import RowExample, RowPlace, Text, Texts

LINE_COLUMNS = {
    "row": pl.Int64,
    "source": pl.String,
    "source_row": pl.Int64,
    "outcome": pl.String,
    "split": pl.String,
}
"""A line for every row that was read. `outcome`: keep, drop or quarantine; `split`: null where the
row was not kept."""

SAID_COLUMNS = {
    "row": pl.Int64,
    "verdict": pl.String,
    "reason": pl.String,
    "evidence": pl.String,
    "other": pl.Int64,
}
"""`verdict`: quarantine, drop (the first verdict that drops the row, no other) or flag (of kept
rows, each reason once). So every line is one of `Counts`."""


@dataclass(frozen=True)
class RowAccounts:
    """Some rows: a frame of `LINE_COLUMNS` and one of `SAID_COLUMNS`, both ascending by row."""

    lines: pl.DataFrame
    said: pl.DataFrame


@dataclass(frozen=True)
class Shown:
    """A row as a person sees it: its texts, or what stood where no pair could be read."""

    place: RowPlace
    texts: Texts | None = None
    raw: Text | None = None

    def example(self, evidence: str | None = None) -> RowExample:
        """The row, and what a verdict on it rests on."""
        return RowExample(place=self.place, evidence=evidence or "", texts=self.texts, raw=self.raw)


class Accounts(Protocol):
    """The books of a dataset: all rows that were read, in parts that fit into memory."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sources, in their order."""
        ...

    def parts(self) -> Iterator[RowAccounts]:
        """All rows, in the order in which they were read."""
        ...

    def shown(self, rows: Collection[int], characters: int) -> dict[int, Shown]:
        """Some rows, by number; texts longer than `characters` are cut."""
        ...
