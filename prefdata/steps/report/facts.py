"""The parts of a report that need no model: outcomes, issues, similar rows, lengths, languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.config.audit import AuditReportConfig
from prefdata.io.files.shards import Shard
from prefdata.records.arrays import Flags, Ints
from prefdata.records.texts import SideTexts
from prefdata.results.audit import AlikePair, Histogram, Issue, RowsOf, SourceFlow
from prefdata.results.manifest import Counts
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.report.accounts import Accounts, RowAccounts
from prefdata.steps.report.issues import alike, alike_rows, first_alike, first_verdicts, issues
from prefdata.steps.verdict_tables import DROP, FLAG, Tables, rows_by_reason
from prefdata.transforms.split.split import SPLITS
from prefdata.transforms.texts.length import character_lengths


@dataclass(frozen=True)
class ReportFacts:
    """The fields of `AuditReport` that need no model."""

    counts: Counts
    sources: tuple[SourceFlow, ...]
    issues: tuple[Issue, ...]
    alike: tuple[AlikePair, ...]
    alike_rows: dict[str, int]
    lengths: tuple[Histogram, ...]
    languages: tuple[RowsOf, ...]


def facts_of(
    accounts: Accounts,
    shards: Sequence[Shard],
    verdicts: Tables,
    known: PairTable,
    config: AuditReportConfig,
) -> ReportFacts:
    """Computes the facts of all rows; memory does not grow with their number.

    `shards`, `verdicts` and `known` cover the kept rows. Counts cover all rows; texts are read only
    for the examples, `config.examples` of each kind.
    """
    tallies, verdict_lines, pairs = [], [], []
    for part in accounts.parts():
        tallies.append(tally(part))
        verdict_lines.append(first_verdicts([part.verdicts], config.examples))
        pairs.append(first_alike([part.verdicts], config.examples))
    tallied = added(tallies)
    first, of_two = (
        first_verdicts(verdict_lines, config.examples),
        first_alike(pairs, config.examples),
    )
    rows = pl.concat([first["row"], of_two["row"], of_two["other"]]).unique().to_list()
    shown = accounts.shown(rows, config.characters)
    flows = source_flows(tallied, accounts.names)
    return ReportFacts(
        counts=counts_of(flows).model_copy(update={"rows": accounts.rows()}),
        sources=flows,
        issues=issues(tallied, first, shown),
        alike=alike(of_two, shown),
        alike_rows=alike_rows(tallied),
        lengths=lengths(shards, verdicts, known),
        languages=languages(known),
    )


TALLY_COLUMNS = {"source": pl.String, "kind": pl.String, "name": pl.String, "rows": pl.Int64}
"""Rows of a source by outcome. `kind`: keep (`name`: the split), drop, flag or quarantine (`name`:
the reason)."""


def tally(part: RowAccounts) -> pl.DataFrame:
    """The counts of some rows, as a frame of `TALLY_COLUMNS`."""
    kept = part.lines.filter(verdict="keep").select("source", kind="verdict", name="split")
    verdicts = part.verdicts.join(part.lines.select("row", "source"), on="row").select(
        "source", kind="verdict", name="reason"
    )
    return _added(pl.concat([kept, verdicts]).with_columns(rows=pl.lit(1, pl.Int64)))


def added(tallies: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The sum of several tallies, sorted."""
    return _added(pl.concat([pl.DataFrame(schema=TALLY_COLUMNS), *tallies]))


def source_flows(whole: pl.DataFrame, names: Sequence[str]) -> tuple[SourceFlow, ...]:
    """The outcomes of the rows of each source, including sources without rows.

    `whole`: a tally of all rows; `names`: the sources, in the order of the result.
    """
    of_source = whole.partition_by("source", as_dict=True, include_key=False)
    nothing = whole.clear().drop("source")
    return tuple(
        SourceFlow(name=name, counts=_counts(of_source.get((name,), nothing)))
        for name in dict.fromkeys([*names, *whole["source"]])
    )


def counts_of(flows: Iterable[SourceFlow]) -> Counts:
    """The sum of the counts of all sources."""
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


_STEPS = (10, 15, 20, 30, 50, 70)
_FINEST = (0, 1, 2, 3, 5, 7)
_EDGES = np.array([*_FINEST, *(step * 10**power for power in range(9) for step in _STEPS)])
"""Round bin edges that are about equidistant on a logarithmic scale; the last one exceeds the
longest string in Arrow."""


def lengths(shards: Sequence[Shard], verdicts: Tables, known: PairTable) -> tuple[Histogram, ...]:
    """Histograms of the characters of prompt, chosen and rejected of all pairs in `known`.

    Every pair of `known` must be active under `verdicts`. A prompt counts with all its messages,
    system messages included. All three histograms share their bin edges.
    """
    counts = {"prompt": np.zeros(len(_EDGES) - 1, np.int64)}
    for shard in shards:
        for batch in verdicts.active(shard):
            of_prompts = character_lengths(SideTexts.of(batch.column("prompt")))
            counts["prompt"] += _counted(of_prompts[_are_in(known.rows, batch)])
    for side, of_side in zip(("chosen", "rejected"), known.lengths, strict=True):
        counts[side] = _counted(of_side)
    used = np.flatnonzero(sum(counts.values()))
    first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
    edges = tuple(_EDGES[first : last + 2].tolist())
    return tuple(
        Histogram(name=side, edges=edges, counts=tuple(of_side[first : last + 1].tolist()))
        for side, of_side in counts.items()
    )


def languages(known: PairTable) -> tuple[RowsOf, ...]:
    """Pairs by language, the most frequent first."""
    counts = (
        known.frame.group_by("language").len().sort("len", "language", descending=[True, False])
    )
    return tuple(RowsOf(name=name, rows=rows) for name, rows in counts.iter_rows())


def _are_in(rows: Ints, batch: pa.RecordBatch) -> Flags:
    """Which rows of a batch are among `rows`; both ascend."""
    of_batch = batch.column("row").to_numpy()
    if not len(of_batch):
        return np.zeros(0, np.bool_)
    first, last = np.searchsorted(rows, [of_batch[0], of_batch[-1] + 1])
    return np.isin(of_batch, rows[first:last], assume_unique=True)


def _counted(of_rows: Ints) -> Ints:
    places = np.searchsorted(_EDGES, of_rows, side="right") - 1
    return np.bincount(places, minlength=len(_EDGES) - 1)
