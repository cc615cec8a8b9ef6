"""What a report shows of rows without any model: where they went, what is wrong, what is alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from prefdata.config.audit import AuditReportConfig
from prefdata.io.shards import Shard
from prefdata.steps.accounts import Accounts
from prefdata.steps.alike import alike, alike_rows, first_alike
from prefdata.steps.flows import added, counts_of, source_flows, tally
from prefdata.steps.issues import first_said, issues
from prefdata.steps.known_pairs import KnownPairs
from prefdata.steps.length_histograms import languages, lengths
from prefdata.steps.verdict_tables import Tables
from prefdata.verdicts.audit import AlikePair, Histogram, Issue, Share, SourceFlow
from prefdata.verdicts.model import Counts


@dataclass(frozen=True)
class Facts:
    """The fields of `AuditReport` that no model is needed for."""

    counts: Counts
    sources: tuple[SourceFlow, ...]
    issues: tuple[Issue, ...]
    alike: tuple[AlikePair, ...]
    alike_rows: dict[str, int]
    lengths: tuple[Histogram, ...]
    languages: tuple[Share, ...]


def facts_of(
    accounts: Accounts,
    shards: Sequence[Shard],
    verdicts: Tables,
    known: KnownPairs,
    config: AuditReportConfig,
) -> Facts:
    """Gathers what is to be shown of all rows, in memory that does not grow with them.

    `shards`, `verdicts`, `known`: of the kept rows. Every count is of all rows; only examples,
    `config.examples` of each kind, are read with their texts.
    """
    tallies, said, pairs = [], [], []
    for part in accounts.parts():
        tallies.append(tally(part))
        said.append(first_said([part.said], config.examples))
        pairs.append(first_alike([part.said], config.examples))
    tallied = added(tallies)
    first, of_two = first_said(said, config.examples), first_alike(pairs, config.examples)
    rows = pl.concat([first["row"], of_two["row"], of_two["other"]]).unique().to_list()
    shown = accounts.shown(rows, config.characters)
    flows = source_flows(tallied, accounts.names)
    return Facts(
        counts=counts_of(flows),
        sources=flows,
        issues=issues(tallied, first, shown),
        alike=alike(of_two, shown),
        alike_rows=alike_rows(tallied),
        lengths=lengths(shards, verdicts, known),
        languages=languages(known),
    )
