"""Reading the ledger of an output folder."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from prefdata.verdicts.model import Counts


def scan_ledger(root: Path) -> pl.LazyFrame:
    """All lines of the ledger, to be filtered and collected."""
    return pl.scan_parquet(sorted((root / "ledger").glob("*.parquet")))


def read_counts(root: Path) -> Counts:
    """The counts as the ledger has them, line by line."""
    ledger = scan_ledger(root)
    outcomes = _counted(ledger, "verdict")
    kept = ledger.filter(pl.col("verdict") == "keep")
    return Counts(
        read=sum(outcomes.values()),
        kept=outcomes.get("keep", 0),
        quarantined=outcomes.get("quarantine", 0),
        dropped=_counted(ledger.filter(pl.col("verdict") == "drop"), "reason"),
        flagged=_counted(_flags(kept), "reason"),
        splits=_counted(kept, "split"),
    )


def reasons_in(ledger: pl.LazyFrame) -> list[str]:
    """Every reason and flag that the ledger names, sorted."""
    said = pl.concat([ledger.select("reason"), _flags(ledger).select("reason")])
    return list(said.drop_nulls().unique().sort("reason").collect()["reason"])


def _flags(lines: pl.LazyFrame) -> pl.LazyFrame:
    """A line for every row and reason that it is flagged for."""
    flags = lines.select("row", "flags").explode("flags").filter(pl.col("flags").is_not_null())
    return flags.unnest("flags").unique(["row", "reason"])


def _counted(lines: pl.LazyFrame, column: str) -> dict[str, int]:
    counts = lines.group_by(column).len().sort(column).collect()
    return dict(counts.select(pl.col(column).cast(pl.String), "len").iter_rows())
