"""Where the rows of each source went, added up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from prefdata.steps.accounts import Part
from prefdata.steps.verdict_tables import DROP, FLAG, rows_by_reason
from prefdata.transforms.split import SPLITS
from prefdata.verdicts.audit import SourceFlow
from prefdata.verdicts.model import Counts

TALLY_COLUMNS = {"source": pl.String, "kind": pl.String, "name": pl.String, "rows": pl.Int64}
"""Rows of a source by what became of them. `kind`: keep (`name`: the split), drop, flag or
quarantine (`name`: the reason)."""


def tally(part: Part) -> pl.DataFrame:
    """A frame of `TALLY_COLUMNS`, of some rows."""
    kept = part.lines.filter(outcome="keep").select("source", kind="outcome", name="split")
    said = part.said.join(part.lines.select("row", "source"), on="row").select(
        "source", kind="verdict", name="reason"
    )
    return _added(pl.concat([kept, said]).with_columns(rows=pl.lit(1, pl.Int64)))


def added(tallies: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One tally of all rows, sorted."""
    return _added(pl.concat([pl.DataFrame(schema=TALLY_COLUMNS), *tallies]))


def source_flows(whole: pl.DataFrame, names: Sequence[str]) -> tuple[SourceFlow, ...]:
    """Where the rows of each source went; sources without rows are there too.

    `whole`: a tally of all rows; `names`: of the sources, in the order to give them in.
    """
    of_source = whole.partition_by("source", as_dict=True, include_key=False)
    nothing = whole.clear().drop("source")
    return tuple(
        SourceFlow(name=name, counts=_counts(of_source.get((name,), nothing)))
        for name in dict.fromkeys([*names, *whole["source"]])
    )


def counts_of(flows: Iterable[SourceFlow]) -> Counts:
    """The counts of all sources together."""
    every = [flow.counts for flow in flows]
    splits = rows_by_reason(counts.splits for counts in every)
    return Counts(
        read=sum(counts.read for counts in every),
        kept=sum(counts.kept for counts in every),
        quarantined=sum(counts.quarantined for counts in every),
        dropped=rows_by_reason(counts.dropped for counts in every),
        flagged=rows_by_reason(counts.flagged for counts in every),
        splits=_in_order(splits),
    )


def _added(tallies: pl.DataFrame) -> pl.DataFrame:
    keys = ["source", "kind", "name"]
    return tallies.group_by(keys).agg(pl.col("rows").sum()).sort(keys)


def _counts(of_source: pl.DataFrame) -> Counts:
    by = {
        kind: dict(of_source.filter(kind=kind).select("name", "rows").iter_rows())
        for kind in ("keep", DROP, FLAG, "quarantine")
    }
    kept, quarantined = sum(by["keep"].values()), sum(by["quarantine"].values())
    return Counts(
        read=kept + quarantined + sum(by[DROP].values()),
        kept=kept,
        quarantined=quarantined,
        dropped=by[DROP],
        flagged=by[FLAG],
        splits=_in_order(by["keep"]),
    )


def _in_order(splits: dict[str, int]) -> dict[str, int]:
    return {split: splits[split] for split in SPLITS if split in splits}
