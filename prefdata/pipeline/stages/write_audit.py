"""Writes the files of an audit: the table of all rows, the review sheet, the page, the report."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from prefdata.config.fingerprint import fingerprint
from prefdata.config.former_keys import with_former_keys
from prefdata.config.settings import settings_of
from prefdata.io.files.atomic import WrittenFile, write_json_atomic, write_text_atomic
from prefdata.label_audit.claims.evidence import Evidence
from prefdata.label_audit.people.review_rows import review_rows
from prefdata.label_audit.report.summary import CONTENT, classes_with
from prefdata.label_audit.report.suspects import (
    SuspectRow,
    reasons_of,
    suspects,
    suspects_of,
    told_apart,
)
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.run.output_run import Run, refuse_unbalanced
from prefdata.pipeline.stages.agreement import agreement_of
from prefdata.pipeline.stages.audit_labels import LabelAudit
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.pipeline.stages.judging import judging_of
from prefdata.records.arrays import Ints
from prefdata.results.audit import AuditReport, LabelAuditResult, Reviewed, RowPlace
from prefdata.results.changes import Changes
from prefdata.results.layout import REPORT_JSON, REPORT_PAGE, ROWS_TABLE
from prefdata.results.manifest import EncoderEntry
from prefdata.steps.audit.write_audited import AuditedBooks, write_audited
from prefdata.steps.audit.write_review import write_review
from prefdata.steps.report.accounts import Accounts
from prefdata.steps.report.facts import ReportFacts, facts_of
from prefdata.steps.report.output_accounts import OutputAccounts
from prefdata.steps.report.run_accounts import RunAccounts
from prefdata.steps.report.shown_texts import fingerprints_of, texts_of

_COIN = 0.5


def write_audit(
    audit: LabelAudit,
    data: Dataset,
    folder: Path,
    *,
    page: bool,
    reviewed: Reviewed | None = None,
    evidence: Evidence | None = None,
    decided: Ints | None = None,
    accounts: Accounts | None = None,
    changes: Changes | None = None,
) -> tuple[AuditReport, list[WrittenFile]]:
    """Writes all files of an audit to a folder; returns the report, and the files.

    `evidence`: what people said of rows, `reviewed` the same in numbers; `decided`: rows that are
    no suspects any more, those that people settled if absent. `accounts`: of all rows, if `data`
    lacks some of the verdicts on them. `changes`: since an earlier build. Raises RunError if rows
    are unaccounted for; nothing may be published then.
    """
    accounts = accounts or accounts_of(data)
    decided = settled_rows(evidence) if decided is None else decided
    trail, shown = data.trail, data.trail.run.config.audit.report
    facts = facts_of(accounts, trail.shards, trail.verdicts, audit.known, shown)
    books = AuditedBooks(
        accounts,
        audit.known,
        audit.rows,
        audit.judged,
        audit.claimed,
        trail.run.config.audit.likely,
    )
    table, booked = write_audited(folder / ROWS_TABLE, books)
    counted = dict(facts.counts) | {"rows": booked.rows}  # the table has no judgements
    refuse_unbalanced(booked, "the table of rows", counted)
    report = _report(audit, data, facts, reviewed, _suspected(audit, data, decided), changes)
    files = [table, *_sheet(audit, data, folder, evidence)]
    if page:
        from prefdata.reports.page.page import page as page_of

        files.append(write_text_atomic(folder / REPORT_PAGE, page_of(report)))
    files.append(write_json_atomic(folder / REPORT_JSON, report))
    return report, files


def _report(
    audit: LabelAudit,
    data: Dataset,
    facts: ReportFacts,
    reviewed: Reviewed | None,
    labels: LabelAuditResult | None,
    changes: Changes | None,
) -> AuditReport:
    settings = _settings(audit, data)
    earlier = () if changes is None else (changes.before.fingerprint,)
    return AuditReport(
        title=_title(data.trail.run, [source.name for source in facts.sources]),
        counts=facts.counts,
        sources=facts.sources,
        issues=facts.issues,
        alike=facts.alike,
        alike_rows=facts.alike_rows,
        lengths=facts.lengths,
        languages=facts.languages,
        agreement=agreement_of(data.trail),
        judging=judging_of(data.trail.run.opened),
        changes=changes,
        labels=labels,
        reviewed=reviewed,
        encoder=EncoderEntry(**vars(audit.encoder)) if audit.encoder else None,
        remarks=data.trail.remarks | audit.remarks,
        versions=versions(),
        config=settings,
        fingerprint=fingerprint(audit.identity, with_former_keys(settings), *earlier),
    )


def _settings(audit: LabelAudit, data: Dataset) -> dict[str, Any]:
    """The settings that the dataset came about with, and those that this audit went by: of an
    output folder the former are those of its build."""
    config, manifest = data.trail.run.config, data.trail.run.opened.manifest
    settings = settings_of(config, exclude={"audit": {"run"}})
    if manifest is None:
        return settings
    own = {
        "audit": True,
        "encoder": audit.encoder is not None or "encoder" in config.model_fields_set,
        "reward": "backbone" in config.audit.views,
    }
    return manifest.config | {name: settings[name] for name, is_own in own.items() if is_own}


def _title(run: Run, names: list[str]) -> str:
    """The title that the config gives, else that of the build that is audited; where there is none,
    the name of the only source, or of their folder."""
    config, manifest = run.config, run.opened.manifest
    if "title" in config.model_fields_set:
        return config.title
    built = manifest.config.get("title", config.title) if manifest is not None else config.title
    if built != config.title or not names:
        return str(built)
    if len(names) == 1:
        return PurePath(names[0]).name
    levels = zip(*(PurePath(name).parts for name in names), strict=False)
    shared = [level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)]
    return shared[-1] if shared else config.title


def _suspected(audit: LabelAudit, data: Dataset, decided: Ints) -> LabelAuditResult | None:
    """The results on labels, with the rows that models speak against."""
    judged, labels = audit.judged, audit.labels
    if judged is None or labels is None:
        return labels
    run_config = data.trail.run.config.audit
    shown = run_config.report
    places = suspects_of(judged, shown.suspects + len(decided))
    places = places[~np.isin(audit.rows[places], decided)][: shown.suspects]
    rows = audit.rows[places]
    texts = texts_of(data.trail.shards, rows.tolist(), shown.characters)
    prints = fingerprints_of(data.trail.shards, rows.tolist())
    about = audit.known.of(rows).frame.select("row", "number", "source", "source_row", "split")
    shown_rows = [
        SuspectRow(
            RowPlace(row=number, source=source, source_row=source_row),
            split,
            prints[row],
            texts[row],
        )
        for row, number, source, source_row, split in about.iter_rows()
    ]
    content = next((view.accuracy for view in labels.views if view.name == CONTENT), None)
    is_told = content is not None and content.low is not None and content.low > _COIN
    shared, reasons = told_apart(
        reasons_of(judged, audit.facts, audit.controls, places, is_content_told=is_told)
    )
    chances = audit.claimed.chances if audit.claimed else None
    classes = classes_with(judged, chances, run_config.likely)
    found = suspects(judged, audit.facts, reasons, chances, classes, places, shown_rows)
    return labels.model_copy(update={"suspects": found, "shared_reasons": shared})


def settled_rows(evidence: Evidence | None) -> Ints:
    """Rows of which people have said whether their labels are right."""
    rows = [] if evidence is None else [row.row for row in evidence.settled]
    return np.array(rows, np.int64)


def _sheet(
    audit: LabelAudit, data: Dataset, folder: Path, evidence: Evidence | None
) -> tuple[WrittenFile, ...]:
    """The review sheet; empty if none is asked for."""
    config = data.trail.run.config.audit
    if not config.review.rows or not len(audit.rows):
        return ()
    numbers = [row.row for row in evidence.rows] if evidence is not None else []
    drawn = review_rows(
        audit.judged,
        len(audit.rows),
        config.review.rows,
        config.seed,
        audit.claimed.chances if audit.claimed else None,
        np.flatnonzero(np.isin(audit.rows, numbers)),
    )
    trail = data.trail
    return write_review(trail.shards, trail.names, audit.rows, drawn, config.seed, folder, evidence)


def accounts_of(data: Dataset) -> Accounts:
    """The accounts of all rows: by this run for raw sources, by its build for an output folder."""
    trail, out = data.trail, data.trail.run.opened.out
    if out is not None:
        return OutputAccounts(out, trail.names, trail.shards, data.pairs())
    return RunAccounts(trail.shards, trail.verdicts, trail.names, data.pairs())
