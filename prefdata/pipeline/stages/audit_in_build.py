"""The audit as the last step of a build: labels are judged, and the report is written beside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from prefdata.config.model import BuildConfig
from prefdata.io.files.atomic import WrittenFile
from prefdata.pipeline.stages.audit_labels import LabelAudit, audit_labels
from prefdata.pipeline.stages.dataset import Dataset, Opened, Rows, known_dataset
from prefdata.pipeline.stages.label_steps import Labelled, LabelSteps
from prefdata.pipeline.stages.write_audit import written
from prefdata.results.audit import AuditReport
from prefdata.results.layout import REPORT
from prefdata.steps.progress import Report
from prefdata.steps.report.run_accounts import RunAccounts


@dataclass(frozen=True)
class BuildAudit:
    """What the models said of the rows that a build had left, and what people said before."""

    data: Dataset
    found: LabelAudit
    run: Labelled

    def write(self, root: Path, config: BuildConfig) -> tuple[AuditReport, list[WrittenFile]]:
        """Writes the report into the output folder."""
        data, known, run = self.data, self.found.known, self.run
        return written(
            self.found,
            data,
            root / REPORT,
            config,
            page=True,
            reviewed=run.reviewed,
            decided=run.protected,
            accounts=RunAccounts(data.shards, run.verdicts, data.names, known),
        )


def audit_step(
    run: Labelled, steps: LabelSteps, place: Path, config: BuildConfig, report: Report
) -> tuple[Labelled, BuildAudit]:
    """Judges the labels of the rows that are left, and passes verdicts on them.

    What people decided before is evidence for the flip rate, and outweighs what the models say.
    """
    rows = Rows(list(steps.shards), run.verdicts, tuple(steps.names), run.sides, run.identity)
    data = known_dataset(rows, Opened(()), dict(run.remarks), steps.engine, place, report)
    rate = run.reviewed.flip_rate if run.reviewed else None
    found = audit_labels(data, steps.engine, place, config, report, reviewed=rate)
    run = replace(run, remarks=run.remarks | found.remarks)
    run = steps.audit(run, found.judged, found.rows, found.identity, config.audit)
    return run, BuildAudit(data, found, run)
