"""Rows that the ledger connects: which row was said to be about which other, and what follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

DUPLICATES = ("duplicate-pair", "near-duplicate", "semantic-duplicate")
"""Reasons whose other row stands for the row."""

OPPOSITES = ("label-conflict", "near-conflict")
"""Reasons whose other row has the same completions the other way round."""

BRIDGE = "bridges-splits"
"""The reason that is about two other rows: the evidence names both of them."""

_ROW = re.compile(r"\brow (\d+)")


def rows_named(line: Mapping[str, Any]) -> dict[int, tuple[str, ...]]:
    """The rows that a line of the ledger names, each with the reasons for which it does."""
    found: dict[int, tuple[str, ...]] = {}
    for said in (line, *line["flags"]):
        for other in _others(said):
            if said["reason"] not in found.get(other, ()):
                found[other] = (*found.get(other, ()), said["reason"])
    return found


def _others(said: Mapping[str, Any]) -> Iterator[int]:
    if said["other"] is not None:
        yield said["other"]
    if said["reason"] == BRIDGE:
        yield from map(int, _ROW.findall(said["evidence"] or ""))


def links_of(ledger: pl.LazyFrame) -> pl.LazyFrame:
    """`row`, `reason`, `evidence`, `other`: a line for every verdict or flag that names a row."""
    parts = ["row", "reason", "evidence", "other"]
    flags = ledger.select("row", "flags").explode("flags").filter(pl.col("flags").is_not_null())
    said = pl.concat([ledger.select(parts), flags.unnest("flags").select(parts)])
    return said.filter(pl.col("other").is_not_null())


def stood_for(links: pl.DataFrame, rows: list[int]) -> dict[int, dict[str, int]]:
    """For each of some rows, how many rows it stands for, by reason.

    A row may stand for one that stands for others: copies of a near-duplicate count too.
    """
    duplicates = links.filter(pl.col("reason").is_in(DUPLICATES)).unique(["row", "other"])
    level = pl.DataFrame({"row": rows, "root": rows}, schema={"row": pl.Int64, "root": pl.Int64})
    seen, counts = level, dict[int, dict[str, int]]()
    while len(level):
        below = duplicates.join(level, left_on="other", right_on="row")
        new = below.join(seen, on=["row", "root"], how="anti").unique(["row", "root"])
        for root, reason, count in new.group_by("root", "reason").len().sort("reason").iter_rows():
            by_reason = counts.setdefault(root, {})
            by_reason[reason] = by_reason.get(reason, 0) + count
        level = new.select("row", "root")
        seen = pl.concat([seen, level])
    return counts


def connected(links: pl.DataFrame, row: int) -> dict[int, bool]:
    """Every row that copies, near copies and contradictions connect with a row, ascending.

    True where the labels are the other way round than in `row`.
    """
    edges = links.filter(pl.col("reason").is_in([*DUPLICATES, *OPPOSITES])).select(
        "row", "other", turns=pl.col("reason").is_in(OPPOSITES)
    )
    edges = pl.concat([edges, edges.select(row="other", other="row", turns="turns")])
    level = pl.DataFrame({"at": [row], "turned": [False]}, schema_overrides={"at": pl.Int64})
    seen = level
    while len(level):
        reached = level.join(edges, left_on="at", right_on="row").select(
            at="other", turned=pl.col("turned") != pl.col("turns")
        )
        first = reached.sort("at", "turned").unique("at", keep="first", maintain_order=True)
        level = first.join(seen, on="at", how="anti")
        seen = pl.concat([seen, level])
    return dict(seen.sort("at").iter_rows())
