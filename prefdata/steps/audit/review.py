"""Step: people's decisions on rows as verdicts, flipped labels and an estimate of the flip rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Literal

import polars as pl

from prefdata.io.review.answers import Answers
from prefdata.label_audit.claims.evidence import Evidence, RowReadings
from prefdata.records.arrays import Ints
from prefdata.results.audit import Reviewed
from prefdata.results.review import LABEL_FLIPPED, Decision
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.audit.decided import DecidedRow, DecidedRows
from prefdata.steps.pairs.label_table import LABEL_SCHEMA
from prefdata.steps.verdict_tables import DROP, FLAG, verdict_frame

REVIEWED, REVIEWED_DROP, REVIEWED_FLIP = "reviewed", "reviewed-drop", "reviewed-flip"

Flips = Literal["drop", "flip", "flag"]

_OF_FLIPS: dict[Flips, tuple[str, str]] = {
    "drop": (DROP, REVIEWED_FLIP),
    "flag": (FLAG, REVIEWED_FLIP),
    "flip": (FLAG, LABEL_FLIPPED),
}
_NAMED = 5
"""The most lines without a row that a remark names."""
_NAMES: dict[Decision, str] = {
    "keep": "decision.keep",
    "flip": "decision.flip",
    "drop": "decision.drop",
    "unsure": "decision.unsure",
}
"""Decision to the code of its name."""


def review_verdicts(decided: DecidedRows, file: str, flips: Flips) -> pl.DataFrame:
    """One verdict for every decided row, as a frame of `VERDICT_SCHEMA`.

    Rows decided `keep` or `unsure` are flagged, so that the ledger shows that they were reviewed.
    `flips`: what is done with rows decided `flip`.
    """
    name = PurePath(file).name
    lines = [
        (row.row, verdict, reason, _evidence(row, name, reason), None)
        for row in decided.rows
        for verdict, reason in [_verdict(row, flips)]
    ]
    return verdict_frame(lines)


def flipped_labels(decided: DecidedRows, flips: Flips) -> pl.DataFrame:
    """The labels to flip, as a frame of `LABEL_SCHEMA`; empty unless `flips` is "flip"."""
    rows = [row.row for row in decided.rows if row.decision == "flip" and flips == "flip"]
    return pl.DataFrame(
        {"row": rows, "is_turned": [True] * len(rows), "probability": [1.0] * len(rows)},
        schema=pl.Schema(LABEL_SCHEMA),
    )


def evidence_of(answers: Answers, decided: DecidedRows, groups: Ints, error: float) -> Evidence:
    """People's readings of rows, as evidence of the share of wrong labels.

    `groups` (n): the group of each of `decided.rows`. Rows of equal content count as one.
    """
    by_line = {row.line: place for place, row in reversed([*enumerate(decided.rows)])}
    drawn = {answer.line: answer.drawn for answer in answers.decided}
    rows = [(decided.rows[place], int(groups[place])) for place in sorted(by_line.values())]
    return Evidence(
        [RowReadings(row.row, group, row.readings, drawn[row.line]) for row, group in rows], error
    )


def reviewed(answers: Answers, decided: DecidedRows, evidence: Evidence) -> Reviewed:
    """Counts of people's decisions, and the share of wrong labels they imply for all rows."""
    return Reviewed(
        file=answers.file,
        rows=len(answers.decided),
        decisions=decided.counts(),
        unmatched=len(decided.unmatched),
        flip_rate=evidence.rate,
    )


def review_remark(answers: Answers, decided: DecidedRows) -> Sentence:
    """The sheet as a whole: decisions by kind, and lines without a row."""
    counts = [
        Sentence("review.count", decision=Sentence(_NAMES[decision]), rows=rows)
        for decision, rows in decided.counts().items()
    ]
    whole = Sentence(
        "review.decisions",
        decisions=len(answers.decided),
        file=PurePath(answers.file).name,
        counts=tuple(counts) or (Sentence("review.none"),),
    )
    return joined(whole, _unmatched(decided.unmatched)) if decided.unmatched else whole


def _unmatched(lines: Sequence[int]) -> Sentence:
    named, more = tuple(map(str, lines[:_NAMED])), len(lines) - _NAMED
    if more > 0:
        return Sentence("review.many-unmatched", rows=len(lines), lines=named, more=more)
    return Sentence("review.unmatched", rows=len(lines), lines=named)


def protected_rows(decided: DecidedRows) -> Iterator[int]:
    """Rows that no model may overrule: all decided ones except those decided `unsure`."""
    return (row.row for row in decided.rows if row.decision != "unsure")


def _verdict(row: DecidedRow, flips: Flips) -> tuple[str, str]:
    if row.decision == "flip":
        return _OF_FLIPS[flips]
    return (DROP, REVIEWED_DROP) if row.decision == "drop" else (FLAG, REVIEWED)


def _evidence(row: DecidedRow, file: str, reason: str) -> Sentence:
    is_swapped = reason == LABEL_FLIPPED
    decision = Sentence("decision.swapped" if is_swapped else _NAMES[row.decision])
    where = "review.mirrored" if row.is_mirrored else "review.line"
    place = Sentence(where, file=file, line=row.line)
    if not row.note:
        return Sentence("review.row", decision=decision, place=place)
    return Sentence("review.noted", decision=decision, place=place, note=row.note)
