"""Step: people's decisions on rows as verdicts, flipped labels and an estimate of the flip rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Literal

import polars as pl

from prefdata.io.review.answers import Answers
from prefdata.label_audit.people.flip_rate import Decided, flip_rate
from prefdata.records.arrays import Ints
from prefdata.results.audit import Reviewed
from prefdata.results.review import LABEL_FLIPPED, Decision
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.audit.decided import DecidedRow, DecidedRows
from prefdata.steps.pairs.label_table import LABEL_SCHEMA
from prefdata.steps.verdict_tables import DROP, FLAG, VERDICT_SCHEMA

REVIEWED, REVIEWED_DROP, REVIEWED_FLIP = "reviewed", "reviewed-drop", "reviewed-flip"

Flips = Literal["drop", "flip", "flag"]

_OF_FLIPS: dict[Flips, tuple[str, str]] = {
    "drop": (DROP, REVIEWED_FLIP),
    "flag": (FLAG, REVIEWED_FLIP),
    "flip": (FLAG, LABEL_FLIPPED),
}
_NAMED = 5
"""The most lines without a row that a remark names."""
_COUNTED: dict[Decision, str] = {
    "keep": "review.keep",
    "flip": "review.flip",
    "drop": "review.drop",
    "unsure": "review.unsure",
}
"""Decision to the code of its count."""


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
    return pl.DataFrame(lines, schema=pl.Schema(VERDICT_SCHEMA), orient="row")


def flipped_labels(decided: DecidedRows, flips: Flips) -> pl.DataFrame:
    """The labels to flip, as a frame of `LABEL_SCHEMA`; empty unless `flips` is "flip"."""
    rows = [row.row for row in decided.rows if row.decision == "flip" and flips == "flip"]
    return pl.DataFrame(
        {"row": rows, "is_turned": [True] * len(rows), "probability": [1.0] * len(rows)},
        schema=pl.Schema(LABEL_SCHEMA),
    )


def reviewed(answers: Answers, decided: DecidedRows, groups: Ints, seed: int) -> Reviewed:
    """Counts of people's decisions, and the flip rate they imply for the whole dataset.

    `groups` (n): the group of each of `decided.rows`. Rows of equal content count as one decision.
    """
    by_line = {row.line: place for place, row in reversed([*enumerate(decided.rows)])}
    places = sorted(by_line.values())
    rows = [decided.rows[place] for place in places]
    drawn = {answer.line: answer.drawn for answer in answers.decided}
    evidence = Decided(
        [row.decision for row in rows], groups[places], [drawn[row.line] for row in rows]
    )
    return Reviewed(
        file=answers.file,
        rows=len(answers.decided),
        decisions=decided.counts(),
        unmatched=len(decided.unmatched),
        flip_rate=flip_rate(evidence, seed),
    )


def review_remark(answers: Answers, decided: DecidedRows) -> Sentence:
    """The sheet as a whole: decisions by kind, and lines without a row."""
    counts = [Sentence(_COUNTED[name], rows=rows) for name, rows in decided.counts().items()]
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


def _evidence(row: DecidedRow, file: str, reason: str) -> str:
    done = ", so chosen and rejected change places" if reason == LABEL_FLIPPED else ""
    mirrored = ", where its sides stand the other way round" if row.is_mirrored else ""
    evidence = f"{row.decision}{done}: {file}, line {row.line}{mirrored}"
    return f"{evidence}: {row.note}" if row.note else evidence
