"""Explains a whole cluster: its representative, and every member compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.errors import UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.explanation.links import connected, links_of
from prefdata.pipeline.explanation.side_by_side import LIMIT, Row, SideBySide, compared, rows_of
from prefdata.pipeline.verify import read_manifest
from prefdata.results.ledger import DUPLICATES, OPPOSITES


@dataclass(frozen=True)
class Member:
    """A row of a cluster, compared with the representative (the left one).

    `link`, `evidence` and `named`: why it belongs to the cluster, and the row that it was compared
    with, as in the ledger (None if only the other row's line names this one); `similarity` is to
    `named`.
    """

    link: str | None
    evidence: str | None
    named: int | None
    similarity: float | None
    compared: SideBySide


@dataclass(frozen=True)
class Cluster:
    """Rows connected by copies, near copies and contradictions; the first of `matching` members.

    `reasons`: reason to the number of members that are in the cluster for it.
    """

    representative: Row
    shown: tuple[Member, ...]
    matching: int
    reasons: dict[str, int]


@in_our_words
def explain_cluster(out: str | Path, row: int, *, limit: int = LIMIT) -> Cluster:
    """The whole cluster of a row, whichever of its rows is given.

    The representative is the first row that is no copy; kept rows are preferred, then rows without
    a contradiction.

    Raises UsageError if the row is in no cluster, IntegrityError if `out` is not a finished output.
    """
    root = Path(out)
    read_manifest(root)
    ledger = scan_ledger(root)
    if ledger.filter(pl.col("row") == row).collect().is_empty():
        raise UsageError(f"{out}: no row with number {row}.")
    links = links_of(ledger).filter(pl.col("reason").is_in([*DUPLICATES, *OPPOSITES]))
    first, turned = _cluster_of(ledger, links.drop("evidence").collect(), row)
    if not turned:
        raise UsageError(f"{out}: row {row} is in no cluster: no copy, near copy or contradiction")
    shown = sorted(turned)[:limit]
    rows = rows_of(root, ledger, (), [first, *shown])
    cluster_links = links.filter(pl.col("row").is_in(list(turned)))
    reasons = dict(cluster_links.group_by("reason").len().sort("reason").collect().iter_rows())
    why = _chosen_links(cluster_links.filter(pl.col("row").is_in(shown)), first)
    members = (
        _member(rows[first], rows[number], why.get(number), opposite=turned[number])
        for number in shown
    )
    return Cluster(rows[first], tuple(members), len(turned), reasons)


def _cluster_of(ledger: pl.LazyFrame, links: pl.DataFrame, row: int) -> tuple[int, dict[int, bool]]:
    """The representative, and for every other member whether its label is the opposite."""
    rows = list(connected(links, row))
    lines = ledger.filter(pl.col("row").is_in(rows)).select("row", "verdict").collect()
    kept = set(lines.filter(pl.col("verdict") == "keep")["row"])
    cluster_links, is_copy = (
        links.filter(pl.col("row").is_in(rows)),
        pl.col("reason").is_in(DUPLICATES),
    )
    copies, contradicting = (set(cluster_links.filter(one)["row"]) for one in (is_copy, ~is_copy))
    first = min(lines["row"], key=lambda n: (n in copies, n not in kept, n in contradicting, n))
    others = set(lines["row"]) - {first}
    return first, {n: turned for n, turned in connected(links, first).items() if n in others}


def _chosen_links(links: pl.LazyFrame, first: int) -> dict[int, dict[str, Any]]:
    """The link of each member that is shown, preferably one that names the representative."""
    lines = links.collect().to_dicts()
    lines.sort(key=lambda line: (line["other"] == first, line["reason"]))
    return {line["row"]: line for line in lines}  # of several the last is kept


def _member(first: Row, row: Row, link: dict[str, Any] | None, *, opposite: bool) -> Member:
    reason = link["reason"] if link else None
    reasons = (reason,) if reason else ()
    measured = link["similarity"] if link else None
    return Member(
        link=reason,
        evidence=link["evidence"] if link else None,
        named=link["other"] if link else None,
        similarity=1.0 if reason == "duplicate-pair" else measured,
        compared=compared(first, row, reasons, opposite=opposite),
    )
