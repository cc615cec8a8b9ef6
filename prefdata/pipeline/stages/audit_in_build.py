"""The audit as the last step of a build: judges labels, and writes the report with the output.

Few builds audit, and what an audit needs takes long to import: it is imported where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefdata.io.files.atomic import WrittenFile
from prefdata.io.review.answers import Answers
from prefdata.pipeline.stages.label_steps import LabelledRows, flag_labels, review_labels
from prefdata.results.audit import AuditReport
from prefdata.results.changes import Changes
from prefdata.results.layout import REPORT
from prefdata.steps.report.run_accounts import RunAccounts

if TYPE_CHECKING:
    from prefdata.pipeline.stages.audit_labels import LabelAudit
    from prefdata.pipeline.stages.dataset import Dataset


@dataclass(frozen=True)
class BuildAudit:
    """An audit within a build: the rows it judged, and the labels after people's decisions."""

    data: Dataset
    audit: LabelAudit
    rows: LabelledRows

    def write(self, root: Path, changes: Changes | None) -> tuple[AuditReport, list[WrittenFile]]:
        """Writes the report into the output folder; `changes`: since an earlier build."""
        from prefdata.pipeline.stages.write_audit import write_audit

        trail, after = self.data.trail, self.rows.trail
        accounts = RunAccounts(trail.shards, after.verdicts, trail.names, self.audit.known)
        return write_audit(
            self.audit,
            self.data,
            root / REPORT,
            page=True,
            reviewed=self.rows.reviewed,
            evidence=self.rows.evidence,
            decided=self.rows.settled,
            accounts=accounts,
            changes=changes,
        )


def settle_labels(
    rows: LabelledRows, answers: Answers | None
) -> tuple[LabelledRows, BuildAudit | None]:
    """Adds verdicts by people's decisions on the rows left, then those of the audit.

    All rows are audited that were left before: what people say of rows that they drop is evidence
    of the others. Rows that they decided about get no verdict by models.
    """
    if not rows.trail.run.config.audit.run:
        return (rows if answers is None else review_labels(rows, answers)), None
    from prefdata.pipeline.stages.audit_labels import audit_labels
    from prefdata.pipeline.stages.dataset import divided_dataset

    before = rows.trail.branch()
    before.remarks = dict(rows.trail.remarks)
    data = divided_dataset(before, rows.split)
    if answers is not None:
        rows = review_labels(rows, answers)
    audit = audit_labels(data, evidence=rows.evidence)
    rows.trail.remarks |= audit.remarks
    rows = flag_labels(rows, audit)
    return rows, BuildAudit(data, audit, rows)
