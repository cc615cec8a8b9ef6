from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from prefdata.io.files.ledger import groups_across_splits, missing_representatives


def ledger(folder: Path, lines: list[tuple[int, str, str | None, int | None, str, int]]) -> Path:
    """(row, verdict, reason, other, split, group) of every row, as a ledger on disk."""
    columns = ["row", "verdict", "reason", "other", "split", "group"]
    (folder / "ledger").mkdir(parents=True)
    schema = dict.fromkeys(columns, pl.Int64) | dict.fromkeys(columns[1:3], pl.String)
    frame = pl.DataFrame(lines, schema=schema | {"split": pl.String}, orient="row")
    frame.write_parquet(folder / "ledger" / "ledger-00000.parquet")
    return folder


def test_groups_that_part_are_named(tmp_path: Path) -> None:
    kept = [(n, "keep", None, None, split, group) for n, split, group in [
        (0, "train", 0), (1, "train", 0), (2, "test", 2), (3, "train", 2), (4, "test", 4),
    ]]  # fmt: skip
    assert groups_across_splits(ledger(tmp_path, kept)) == [2]


def test_near_duplicates_of_rows_that_went_are_counted(tmp_path: Path) -> None:
    lines = [
        (0, "keep", None, None, "train", 0),
        (1, "drop", "near-duplicate", 0, None, None),
        (2, "drop", "tie", None, None, None),
        (3, "drop", "near-duplicate", 2, None, None),
        (4, "drop", "bridges-splits", 0, None, None),
        (5, "drop", "near-duplicate", 4, None, None),
    ]
    assert missing_representatives(ledger(tmp_path, lines)) == 1


@pytest.mark.parametrize(
    ("reason", "of_other", "orphans"),
    [
        ("near-duplicate", "no-contrast", 0),
        ("near-duplicate", "semantic-duplicate", 0),
        ("near-duplicate", "near-duplicate", 1),
        ("semantic-duplicate", "bridges-splits", 0),
        ("semantic-duplicate", "no-contrast", 1),  # went before anything was said to be alike to it
        ("semantic-duplicate", "near-duplicate", 1),
        ("semantic-duplicate", "semantic-duplicate", 1),
    ],
)
def test_only_what_came_later_excuses_a_representative_that_went(
    reason: str, of_other: str, orphans: int, tmp_path: Path
) -> None:
    lines = [
        (0, "keep", None, None, "train", 0),
        (1, "drop", of_other, 0, None, None),
        (2, "drop", reason, 1, None, None),
        (3, "drop", reason, 0, None, None),
    ]
    assert missing_representatives(ledger(tmp_path, lines)) == orphans
