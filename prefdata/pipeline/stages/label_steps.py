"""The last verdicts of a build: people's decisions, then the audit, on the rows left.

Both come after the division into splits, so that no row changes its split because another is
dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from prefdata.config.audit import AuditConfig, ReviewConfig
from prefdata.errors import DataError, SourceError
from prefdata.io.review.answers import Answers, read_answers
from prefdata.pipeline.run.trail import Trail
from prefdata.records.arrays import Ints
from prefdata.results.audit import Reviewed
from prefdata.results.layout import REVIEW
from prefdata.results.sentences import Sentence
from prefdata.steps.audit.decided import DecidedRows, decided_rows
from prefdata.steps.audit.review import (
    evidence_of,
    flipped_labels,
    protected_rows,
    review_remark,
    review_verdicts,
    reviewed,
)
from prefdata.steps.once import once
from prefdata.steps.pairs.label_table import LABEL_SCHEMA, LabelTable, write_labels
from prefdata.steps.split.split_table import groups_of, leave_split
from prefdata.steps.verdict_tables import dropped_rows, write_verdicts

if TYPE_CHECKING:
    from prefdata.label_audit.claims.evidence import Evidence
    from prefdata.pipeline.stages.audit_labels import LabelAudit
    from prefdata.pipeline.stages.dataset import Dataset


@dataclass(frozen=True)
class LabelledRows:
    """The rows of a trail whose labels are being judged.

    `split`: a table of `SPLIT_SCHEMA` on the rows that the verdicts keep. `decided`: people's
    decisions; `evidence`: the same of all rows; None without decisions. `turned`
    (frame of `LABEL_SCHEMA`): labels that are written flipped. `labels`: the table of changed
    labels; None if every label is written as it is.
    """

    trail: Trail
    split: Path
    decided: DecidedRows | None = None
    evidence: Evidence | None = None
    reviewed: Reviewed | None = None
    turned: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=pl.Schema(LABEL_SCHEMA))
    )
    labels: LabelTable | None = None

    @property
    def settled(self) -> Ints:
        """The rows that a person decided about, which models must not overrule."""
        rows = [] if self.decided is None else list(protected_rows(self.decided))
        return np.array(rows, np.int64)


def review_labels(rows: LabelledRows, answers: Answers) -> LabelledRows:
    """Adds people's decisions as verdicts on the rows left, and as evidence."""
    trail = rows.trail
    run, config = trail.run, trail.run.config.audit
    flips = config.review.flips
    name = PurePath(answers.file).name  # it is recorded with each decision
    folder = trail.folder("review", "review", answers.fingerprint, name, flips)

    def work() -> DecidedRows:
        decided = decided_rows(run.engine, trail.shards, trail.verdicts, trail.names, answers)
        verdicts = review_verdicts(decided, answers.file, flips)
        _write(folder, verdicts, flipped_labels(decided, flips), rows.split)
        return decided

    decided = trail.reported("review", lambda: once(folder / "done.json", DecidedRows, work))
    trail.add_verdicts("review", folder / "verdicts.arrow")
    trail.remark("review", review_remark(answers, decided))
    turned = flipped_labels(decided, flips)
    groups = groups_of(rows.split, decided.numbers)
    evidence = evidence_of(answers, decided, groups, config.review.reading_error)
    return replace(
        rows,
        split=folder / "split.arrow",
        decided=decided,
        evidence=evidence,
        reviewed=reviewed(answers, decided, evidence),
        turned=turned,
        labels=LabelTable(folder / "labels.arrow") if len(turned) else None,
    )


def flag_labels(rows: LabelledRows, audit: LabelAudit) -> LabelledRows:
    """Adds the audit's verdicts on the rows that no person decided about."""
    trail, config = rows.trail, rows.trail.run.config.audit
    if config.action == "off":
        return rows
    from prefdata.steps.audit.audit_verdicts import audit_verdicts

    settings = config.model_dump(include={"action", "top", "likely", "precision"})
    folder = trail.folder("audit", "audit", audit.identity, settings)

    def work() -> dict[str, Sentence]:
        suspected = audit_verdicts(audit.judged, audit.claimed, audit.rows, config, rows.settled)
        labels = pl.concat([rows.turned, suspected.labels])
        _write(folder, suspected.verdicts, labels, rows.split)
        return suspected.remarks

    trail.remarks |= once(folder / "done.json", dict[str, Sentence], work)
    trail.add_verdicts("audit", folder / "verdicts.arrow")
    is_soft = config.action == "soft-label"
    labels = LabelTable(folder / "labels.arrow", is_soft) if is_soft else rows.labels
    return replace(rows, split=folder / "split.arrow", labels=labels)


def review_as_evidence(
    data: Dataset, answers: Answers, config: AuditConfig
) -> tuple[Reviewed, Evidence]:
    """People's decisions on rows of a dataset as evidence, with a remark but without verdicts."""
    trail = data.trail
    decided = decided_rows(trail.run.engine, trail.shards, trail.verdicts, trail.names, answers)
    trail.remark("review", review_remark(answers, decided))
    groups = data.pairs().of(decided.numbers).groups
    evidence = evidence_of(answers, decided, groups, config.review.reading_error)
    return reviewed(answers, decided, evidence), evidence


def given_answers(config: ReviewConfig) -> Answers | None:
    """The decisions that the config names, read; None if it names none.

    Raises SourceError or DataError for an invalid sheet, or one without any decision, before any
    long work.
    """
    if config.decisions is None:
        return None
    sheet = Path(config.decisions)
    if not sheet.exists():
        raise SourceError(f"there is no review sheet {sheet}. {_elsewhere(sheet)}")
    answers = read_answers(sheet)
    if not answers.decided:
        raise DataError(
            f"{answers.file} holds no decision: the column `better` (or `decision`) is empty in "
            f"all {answers.undecided:,} rows. {_elsewhere(sheet)}"
        )
    return answers


def _elsewhere(sheet: Path) -> str:
    """Where the answers may be: an audit or build keeps those it has read, and asks anew."""
    from prefdata.steps.audit.write_review import KEPT

    folders = (sheet.parent, sheet.absolute().parent.parent / REVIEW)
    places = [folder / name for folder in folders for name in KEPT]
    kept = [place for place in places if place.is_file() and place.name != sheet.name]
    if not kept:
        return "Give a sheet that is filled in, or leave --decisions away."
    return (
        f"Answers that were read before are kept in {kept[0]}: give that file with --decisions, or "
        "fill in a sheet."
    )


def _write(folder: Path, verdicts: pl.DataFrame, labels: pl.DataFrame, split: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_verdicts(folder / "verdicts.arrow", verdicts)
    write_labels(folder / "labels.arrow", labels)
    leave_split(split, dropped_rows(folder / "verdicts.arrow"), folder / "split.arrow")
