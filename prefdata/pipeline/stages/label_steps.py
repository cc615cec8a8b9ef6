"""The end of a build's judging: what a person decided, then what the audit says, of the rows left.

Both come when the rows are divided into splits: no row moves because another one went.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

import numpy as np
import polars as pl

from prefdata.config.audit import AuditConfig, ReviewConfig
from prefdata.config.fingerprint import fingerprint
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard
from prefdata.io.review.answers import Answers, read_answers
from prefdata.label_audit.judge.judged import Judged
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.records.texts import Ints
from prefdata.results.audit import Reviewed
from prefdata.steps.audit.audit_verdicts import audit_verdicts
from prefdata.steps.audit.decided import DecidedRows, decided_rows
from prefdata.steps.audit.review import (
    protected,
    review_remark,
    review_verdicts,
    reviewed,
    turned_labels,
)
from prefdata.steps.once import once
from prefdata.steps.pairs.label_table import LABEL_SCHEMA, LabelTable, write_labels
from prefdata.steps.pairs.split_table import groups_of, leave_split
from prefdata.steps.progress import Report
from prefdata.steps.verdict_tables import Tables, dropped_rows, write_verdicts


@dataclass(frozen=True)
class Labelled:
    """A run whose labels are being judged. `verdicts` and `identity` grow with each step.

    `sides`: a table of `SIDES_SCHEMA` that speaks of the rows that the verdicts leave. `decided`:
    what a person decided, `reviewed`: what follows for all rows; None where nobody was asked.
    `turned` (frame of `LABEL_SCHEMA`): labels that are written the other way round. `labels`: None
    where every label is written as it is.
    """

    verdicts: Tables
    sides: Path
    identity: str
    remarks: dict[str, str] = field(default_factory=dict)
    decided: DecidedRows | None = None
    reviewed: Reviewed | None = None
    turned: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=pl.Schema(LABEL_SCHEMA))
    )
    labels: LabelTable | None = None

    @property
    def protected(self) -> Ints:
        """The rows of which a person knows better than any model."""
        rows = [] if self.decided is None else list(protected(self.decided))
        return np.array(rows, np.int64)


@dataclass(frozen=True)
class LabelSteps:
    """The steps `review` and `audit` of a run. `names`: of the sources."""

    engine: Engine
    place: Path
    shards: Sequence[Shard]
    names: Sequence[str]
    report: Report

    def review(self, run: Labelled, answers: Answers, config: AuditConfig) -> Labelled:
        """A person's decisions as verdicts on the rows that are left, and as evidence."""
        flips = config.review.flips
        name = PurePath(answers.file).name  # it is written beside each decision
        identity = fingerprint(run.identity, "review", answers.fingerprint, name, flips)
        folder = self._folder("review", identity)
        self.report("review", 0, 1)

        def work() -> DecidedRows:
            found = decided_rows(self.engine, self.shards, run.verdicts, self.names, answers)
            verdicts = review_verdicts(found, answers.file, flips)
            self._leave(folder, verdicts, turned_labels(found, flips), run.sides)
            return found

        decided = once(folder / "done.json", DecidedRows, work)
        self.report("review", 1, 1)
        turned = turned_labels(decided, flips)
        groups = groups_of(run.sides, decided.numbers)
        labels = LabelTable(folder / "labels.arrow") if len(turned) else None
        after = self._after(run, "review", folder, identity)
        remarks = run.remarks | {"review": review_remark(answers, decided)}
        said = reviewed(answers, decided, groups, config.seed)
        return replace(
            after, decided=decided, reviewed=said, turned=turned, labels=labels, remarks=remarks
        )

    def audit(
        self, run: Labelled, judged: Judged | None, rows: Ints, identity: str, config: AuditConfig
    ) -> Labelled:
        """What the audit says of `rows` (n, those of `judged`) that no person decided about.

        `judged`: None where there were too few rows to say anything: nothing is said of any.
        `rows` are all that the verdicts leave. `identity`: of the audit, that is, of all that
        `judged` depends on.
        """
        if config.action == "off":
            return run
        identity = fingerprint(
            run.identity, "audit", identity, config.model_dump(include={"action", "top"})
        )
        folder = self._folder("audit", identity)

        def work() -> dict[str, str]:
            found = audit_verdicts(judged, rows, config, run.protected)
            self._leave(folder, found.verdicts, pl.concat([run.turned, found.labels]), run.sides)
            return found.remarks

        remarks = once(folder / "done.json", dict[str, str], work)
        is_soft = config.action == "soft-label"
        labels = LabelTable(folder / "labels.arrow", is_soft)
        after = self._after(run, "audit", folder, identity)
        remarks = run.remarks | remarks
        return replace(after, labels=labels if is_soft else run.labels, remarks=remarks)

    def _leave(
        self, folder: Path, verdicts: pl.DataFrame, labels: pl.DataFrame, sides: Path
    ) -> None:
        write_verdicts(folder / "verdicts.arrow", verdicts)
        write_labels(folder / "labels.arrow", labels)
        leave_split(sides, dropped_rows(folder / "verdicts.arrow"), folder / "sides.arrow")

    def _after(self, run: Labelled, step: str, folder: Path, identity: str) -> Labelled:
        verdicts = run.verdicts.then(step, folder / "verdicts.arrow")
        return replace(run, verdicts=verdicts, sides=folder / "sides.arrow", identity=identity)

    def _folder(self, step: str, identity: str) -> Path:
        folder = self.place / f"{step}-{identity}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def reviewed_in(
    data: Dataset, engine: Engine, answers: Answers, config: AuditConfig
) -> tuple[Reviewed, str]:
    """What people decided about rows of a dataset, as evidence, and a remark on it; no verdict."""
    decided = decided_rows(engine, data.shards, data.verdicts, data.names, answers)
    groups = data.pairs().of(decided.numbers).groups
    said = reviewed(answers, decided, groups, config.seed)
    return said, review_remark(answers, decided)


def given_answers(config: ReviewConfig) -> Answers | None:
    """The decisions that the config names, read; None where it names none.

    Raises SourceError or DataError for a sheet that cannot be understood: before any long work.
    """
    return None if config.decisions is None else read_answers(config.decisions)
