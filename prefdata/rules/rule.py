"""The definition of a rule, and examining a batch: a fast gate first, then the rule itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from prefdata.config.section import Level
from prefdata.records.arrays import Ints
from prefdata.records.columns import records_of
from prefdata.records.finding import Finding
from prefdata.records.record import Record
from prefdata.records.texts import TextView
from prefdata.results.sentences import Sentence

Kind = Literal["reading", "pairing", "record", "across", "preflight"]
Examine = Callable[[Record], Sentence | None]
Gate = Callable[[TextView], Ints]

FEW_BYTES = 65_536
"""Up to so many bytes of texts, a batch is examined without gates, which take time to set up."""


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with a row.

    `kind`: who finds it: the reader (`reading`), the policy that makes pairs (`pairing`), `examine`
    or the reader beside a record (`record`), a comparison of rows (`across`) or the tokenizer's
    preflight (`preflight`). `examine` returns the evidence if the rule applies to a record, else
    None; it is None for the other kinds. `candidates` is its gate: it returns the rows of a batch
    to which the rule may apply, with false positives but no false negatives, in any order, possibly
    repeated. Without a gate every row is a candidate.
    """

    code: str
    kind: Kind
    level: Level
    summary: str
    fix: str
    examine: Examine | None = None
    candidates: Gate | None = None


def examine_batch(
    batch: pa.RecordBatch, rules: Iterable[Rule], view: TextView | None = None
) -> list[Finding]:
    """The findings on a batch of `RECORD_SCHEMA`, ascending by row, then in the order of `rules`.

    `view`: the flat texts of the batch, if the caller has them already.
    """
    by_row: dict[int, list[Rule]] = {}
    view = view or TextView.of(batch)
    if view.size <= FEW_BYTES:
        return examine_reference(records_of(batch), [*rules])
    for rule in rules:
        if rule.examine is not None:
            for row in _candidates(rule, view):
                by_row.setdefault(row, []).append(rule)
    rows = sorted(by_row)
    if not rows:
        return []
    records = records_of(batch.take(pa.array(rows, pa.int64())))
    return [
        finding
        for row, record in zip(rows, records, strict=True)
        for finding in _findings(row, record, by_row[row])
    ]


def examine_reference(records: Iterable[Record], rules: Sequence[Rule]) -> list[Finding]:
    """The findings of `examine_batch`, without gates (reference, slow)."""
    return [
        finding
        for index, record in enumerate(records)
        for finding in _findings(index, record, rules)
    ]


def _candidates(rule: Rule, view: TextView) -> list[int]:
    if rule.candidates is None:
        return list(range(view.rows))
    rows = rule.candidates(view)
    return sorted(set(rows.tolist())) if rows.size else []


def _findings(index: int, record: Record, rules: Iterable[Rule]) -> Iterable[Finding]:
    for rule in rules:
        evidence = rule.examine(record) if rule.examine else None
        if evidence is not None:
            yield Finding(index, rule.code, evidence)
