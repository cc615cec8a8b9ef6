"""The equation of row counts as a sentence: where all that was read went."""

from __future__ import annotations

from prefdata.results.collection import CollectionCounts
from prefdata.results.manifest import Counts


def equation(counts: Counts) -> str:
    """What was read, as a sum; with judgements, a sum of rows and one of the pairs made of them.

    >>> equation(Counts(read=3, kept=2, quarantined=1))
    '3 read = 2 kept + 0 dropped + 1 quarantined'
    """
    dropped, rows = sum(counts.dropped.values()), counts.rows
    if rows is None:
        return (
            f"{counts.read:,} read = {counts.kept:,} kept + {dropped:,} dropped + "
            f"{counts.quarantined:,} quarantined"
        )
    unpaired = sum(rows.unpaired.values())
    return (
        f"{rows.read:,} rows read = {rows.in_pairs:,} in pairs + {unpaired:,} without a pair + "
        f"{rows.quarantined:,} quarantined; {rows.pairs:,} pairs made = {counts.kept:,} kept + "
        f"{dropped - unpaired:,} dropped"
    )


def collection_equation(counts: CollectionCounts) -> str:
    """What was read and what was asked, as two sums."""
    return (
        f"{counts.read:,} read = {counts.asked:,} asked + {sum(counts.dropped.values()):,} dropped "
        f"+ {counts.quarantined:,} quarantined; {counts.wanted:,} wanted = {counts.answered:,} "
        f"answered + {sum(counts.failed.values()):,} failed + "
        f"{sum(counts.not_asked.values()):,} not asked"
    )


def equation_in_chinese(counts: Counts) -> str:
    """The same in Chinese."""
    dropped, rows = sum(counts.dropped.values()), counts.rows
    if rows is None:
        return (
            f"读入 {counts.read:,} 行 = 保留 {counts.kept:,} + 剔除 {dropped:,} + 隔离 "
            f"{counts.quarantined:,}"
        )
    unpaired = sum(rows.unpaired.values())
    return (
        f"读入 {rows.read:,} 行 = 成对 {rows.in_pairs:,} + 未成对 {unpaired:,} + 隔离 "
        f"{rows.quarantined:,}；成对 {rows.pairs:,} 条 = 保留 {counts.kept:,} + 剔除 "
        f"{dropped - unpaired:,}"
    )
