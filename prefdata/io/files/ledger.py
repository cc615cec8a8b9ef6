"""Reading the ledger of an output folder."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from prefdata.results.layout import LEDGER
from prefdata.results.manifest import Counts

_LAST = (
    *("low-reward-margin", "margin-disagrees", "bridges-splits"),
    *("reviewed-drop", "reviewed-flip", "likely-flipped"),
)
_LATER = {
    "near-duplicate": (
        *("no-contrast", "off-topic", "outlier", "semantic-overlap"),
        *("unlike-examples", "like-examples", "semantic-duplicate", *_LAST),
    ),
    "semantic-duplicate": _LAST,
}
"""Reasons of steps that look at what the comparison with this reason has left."""


def scan_ledger(root: Path) -> pl.LazyFrame:
    """All lines of the ledger, to be filtered and collected."""
    return pl.scan_parquet(sorted((root / LEDGER).glob("*.parquet")), glob=False)


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


def parted_groups(root: Path) -> list[int]:
    """Groups whose rows stand in more than one split: there must be none."""
    kept = scan_ledger(root).filter(pl.col("group").is_not_null())
    splits = kept.group_by("group").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
    return splits.sort("group").collect()["group"].to_list()


def rows_by_file(root: Path) -> dict[str, int]:
    """How many rows went to each file of the dataset."""
    return _counted(scan_ledger(root).filter(pl.col("file").is_not_null()), "file")


def missing_representatives(root: Path) -> int:
    """Rows dropped as alike to a row that is not there either: there must be none.

    A representative that a later step had to drop for a reason of its own is excused.
    """
    ledger = scan_ledger(root)
    found = 0
    for reason, later in _LATER.items():
        is_there = (pl.col("verdict") == "keep") | pl.col("reason").is_in(later)
        alike = ledger.filter(pl.col("reason") == reason).select("other")
        orphans = alike.join(ledger.filter(is_there), left_on="other", right_on="row", how="anti")
        found += int(orphans.select(pl.len()).collect().item())
    return found


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
