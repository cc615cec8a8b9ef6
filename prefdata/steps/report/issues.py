"""The issues of a report: rows by verdict and reason, with the first examples of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import get_args

import polars as pl

from prefdata.label_audit.judge.judged import CLASSES
from prefdata.results.audit import AlikeKind, AlikePair, Issue, RowExample
from prefdata.results.manifest import Outcome
from prefdata.rules.registry import ALL_RULES
from prefdata.steps.report.accounts import VERDICT_COLUMNS, Shown
from prefdata.steps.report.recognised import recognised
from prefdata.steps.verdict_tables import evidence_of

_WORST_FIRST: tuple[Outcome, ...] = ("quarantine", "drop", "flag")
_MEANING = {rule.code: (rule.summary, rule.fix) for rule in ALL_RULES}
_UNKNOWN = ("A reason that this version of prefdata does not know.", "Look at the evidence.")


def first_verdicts(parts: Iterable[pl.DataFrame], count: int) -> pl.DataFrame:
    """The first `count` lines of each verdict and reason, from frames of `VERDICT_COLUMNS` in row
    order. Applied again to the results of parts, it gives the result for the whole."""
    lines = pl.concat([pl.DataFrame(schema=VERDICT_COLUMNS), *parts])
    return lines.filter(pl.int_range(pl.len()).over("verdict", "reason") < count)


def issues(
    tallied: pl.DataFrame, first: pl.DataFrame, shown: Mapping[int, Shown]
) -> tuple[Issue, ...]:
    """Every reason by verdict: quarantined rows first, then dropped, then flagged ones, the most
    frequent reason first.

    The classes of the label audit are not issues, and are left out; `Counts` includes their rows.

    `tallied`: a tally of all rows (`facts.added`). `first`: the verdicts to show
    (`first_verdicts`). `shown`: their rows.
    """
    examples = defaultdict[tuple[str, str], list[RowExample]](list)
    for row, verdict, reason, evidence, _, sentence in first.iter_rows():
        examples[verdict, reason].append(shown[row].example(_told(evidence, sentence)))
    certain = tallied.filter(~pl.col("name").is_in(CLASSES))
    counts = certain.group_by("kind", "name").agg(pl.col("rows").sum())
    most_first = counts.sort("rows", "name", descending=[True, False])
    return tuple(
        _issue(reason, verdict, rows, examples[verdict, reason])
        for verdict in _WORST_FIRST
        for reason, rows in most_first.filter(kind=verdict).select("name", "rows").iter_rows()
    )


def _told(evidence: str | None, sentence: str | None) -> str:
    """The evidence of a line, also where it was read back from a ledger, which holds only texts."""
    return recognised(evidence_of(evidence, sentence))


def _issue(code: str, verdict: Outcome, rows: int, examples: list[RowExample]) -> Issue:
    says, to_do = _MEANING.get(code, _UNKNOWN)
    return Issue(
        code=code, verdict=verdict, rows=rows, says=says, to_do=to_do, examples=tuple(examples)
    )


ALIKE: tuple[AlikeKind, ...] = get_args(AlikeKind)
"""Reasons of verdicts on two rows."""


def first_alike(parts: Iterable[pl.DataFrame], count: int) -> pl.DataFrame:
    """The first `count` lines of each kind of similarity, from frames of `VERDICT_COLUMNS` in row
    order.

    Two rows that name each other count once. Applied again to the results of parts, it gives the
    result for the whole.
    """
    lines = pl.concat([pl.DataFrame(schema=VERDICT_COLUMNS), *parts])
    named = lines.filter(pl.col("reason").is_in(ALIKE) & pl.col("other").is_not_null())
    low, high = pl.min_horizontal("row", "other"), pl.max_horizontal("row", "other")
    once = named.filter(pl.struct("reason", low=low, high=high).is_first_distinct())
    return once.filter(pl.int_range(pl.len()).over("reason") < count)


def alike(first: pl.DataFrame, shown: Mapping[int, Shown]) -> tuple[AlikePair, ...]:
    """Pairs of similar rows by kind; the row that has the verdict comes first.

    `first`: the verdicts to show (`first_alike`); `shown`: the rows that they name. A pair with a
    missing row is left out.
    """
    pairs = [
        AlikePair(
            kind=reason,
            verdict=verdict,
            evidence=_told(evidence, sentence),
            left=shown[row].example(),
            right=shown[other].example(),
        )
        for row, verdict, reason, evidence, other, sentence in first.iter_rows()
        if other in shown
    ]
    return tuple(sorted(pairs, key=lambda pair: ALIKE.index(pair.kind)))


def alike_rows(tallied: pl.DataFrame) -> dict[str, int]:
    """Rows that were dropped or flagged, by kind of similarity; `tallied`: see `facts.added`."""
    counts = tallied.group_by("name").agg(pl.col("rows").sum())
    of = dict(counts.filter(pl.col("name").is_in(ALIKE)).iter_rows())
    return {kind: of[kind] for kind in ALIKE if kind in of}
