"""Links between rows: which other rows the ledger names for a row, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from prefdata.results.ledger import DUPLICATES, OPPOSITES

NEAR_DUPLICATE = "near-duplicate"
BRIDGE = "bridges-splits"
"""The reason that concerns two other rows; `measured.rows` names both."""


def rows_named(line: Mapping[str, Any]) -> dict[int, tuple[str, ...]]:
    """The rows that a line of the ledger names, each with the reasons."""
    named: dict[int, tuple[str, ...]] = {}
    for verdict in (line, *line["flags"]):
        for other in _others(verdict):
            if verdict["reason"] not in named.get(other, ()):
                named[other] = (*named.get(other, ()), verdict["reason"])
    return named


def _others(verdict: Mapping[str, Any]) -> Iterator[int]:
    if verdict["other"] is not None:
        yield verdict["other"]
    if verdict["reason"] == BRIDGE and verdict["measured"] is not None:
        yield from verdict["measured"]["rows"] or ()


def links_of(ledger: pl.LazyFrame) -> pl.LazyFrame:
    """A line for every verdict or flag that names a row: `row`, `reason`, `evidence`, `other`,
    `similarity`, `is_flag`."""
    named = (pl.col(name) for name in ("row", "reason", "evidence", "other"))
    parts = [*named, pl.col("measured").struct.field("similarity")]
    flags = ledger.select("row", "flags").explode("flags").filter(pl.col("flags").is_not_null())
    verdicts = pl.concat(
        [
            ledger.select(*parts, is_flag=pl.lit(value=False)),
            flags.unnest("flags").select(*parts, is_flag=pl.lit(value=True)),
        ]
    )
    return verdicts.filter(pl.col("other").is_not_null())


def stood_for(links: pl.DataFrame, rows: list[int]) -> dict[int, dict[str, int]]:
    """For each of some rows, how many rows it represents, by reason.

    Representation is transitive: copies of a near-duplicate count too. A row that is only flagged
    as a near-duplicate stands for itself: something tells it apart.
    """
    is_flagged = pl.col("is_flag") & (pl.col("reason") == NEAR_DUPLICATE)
    is_copy = pl.col("reason").is_in(DUPLICATES) & ~is_flagged
    duplicates = links.filter(is_copy).unique(["row", "other"])
    level = pl.DataFrame({"row": rows, "root": rows}, schema={"row": pl.Int64, "root": pl.Int64})
    visited, counts = level, dict[int, dict[str, int]]()
    while len(level):
        below = duplicates.join(level, left_on="other", right_on="row")
        new = below.join(visited, on=["row", "root"], how="anti").unique(["row", "root"])
        for root, reason, count in new.group_by("root", "reason").len().sort("reason").iter_rows():
            by_reason = counts.setdefault(root, {})
            by_reason[reason] = by_reason.get(reason, 0) + count
        level = new.select("row", "root")
        visited = pl.concat([visited, level])
    return counts


def connected(links: pl.DataFrame, row: int) -> dict[int, bool]:
    """Every row connected with a row by copies, near copies and contradictions, ascending.

    True if its label is the opposite of that of `row`.
    """
    edges = links.filter(pl.col("reason").is_in([*DUPLICATES, *OPPOSITES])).select(
        "row", "other", turns=pl.col("reason").is_in(OPPOSITES)
    )
    edges = pl.concat([edges, edges.select(row="other", other="row", turns="turns")])
    level = pl.DataFrame({"at": [row], "turned": [False]}, schema_overrides={"at": pl.Int64})
    visited = level
    while len(level):
        reached = level.join(edges, left_on="at", right_on="row").select(
            at="other", turned=pl.col("turned") != pl.col("turns")
        )
        first = reached.sort("at", "turned").unique("at", keep="first", maintain_order=True)
        level = first.join(visited, on="at", how="anti")
        visited = pl.concat([visited, level])
    return dict(visited.sort("at").iter_rows())
