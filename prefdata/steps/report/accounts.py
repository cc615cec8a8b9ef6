"""The outcome of every row of a dataset, in a workspace or in an output folder."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from prefdata.results.audit import RowExample, RowPlace, Text, Texts
from prefdata.results.manifest import RowCounts

LINE_COLUMNS = {
    "row": pl.Int64,
    "source": pl.String,
    "source_row": pl.Int64,
    "verdict": pl.String,
    "split": pl.String,
}
"""One line for every row that was read. `verdict`: keep, drop or quarantine; `split`: null for a
row that was not kept."""

VERDICT_COLUMNS = {
    "row": pl.Int64,
    "verdict": pl.String,
    "reason": pl.String,
    "evidence": pl.String,
    "other": pl.Int64,
    "sentence": pl.String,
}
"""`verdict`: quarantine, drop (only the first verdict that drops the row) or flag (of kept rows,
each reason once). So every line counts once in `Counts`. `sentence`: see `VERDICT_SCHEMA`; null for
rows that come from a ledger."""


@dataclass(frozen=True)
class RowAccounts:
    """Outcomes of some rows (frame of `LINE_COLUMNS`) and verdicts on them (`VERDICT_COLUMNS`),
    both ascending by row."""

    lines: pl.DataFrame
    verdicts: pl.DataFrame


@dataclass(frozen=True)
class Shown:
    """A row for display: its texts, or the raw text if no pair could be read."""

    place: RowPlace
    texts: Texts | None = None
    raw: Text | None = None

    def example(self, evidence: str = "") -> RowExample:
        """The row as an example of a verdict, with its evidence."""
        return RowExample(place=self.place, evidence=evidence, texts=self.texts, raw=self.raw)


class Accounts(Protocol):
    """The outcomes of all rows that were read, in parts that fit into memory."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sources, in their order."""
        ...

    def parts(self) -> Iterator[RowAccounts]:
        """All rows, in reading order."""
        ...

    def rows(self) -> RowCounts | None:
        """The rows of the sources, where they are judgements; None where every row is a pair."""
        ...

    def shown(self, rows: Collection[int], characters: int) -> dict[int, Shown]:
        """Some rows for display, by number; texts are cut to `characters`."""
        ...
