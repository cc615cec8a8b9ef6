"""What an audit leaves behind: the table of all rows, the review sheet, the page, the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from prefdata.config.credentials import settings_of
from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.errors import RunError
from prefdata.io.files.atomic import WrittenFile, write_json_atomic, write_text_atomic
from prefdata.label_audit.people.review_rows import review_rows
from prefdata.label_audit.report.suspects import suspects, suspects_of
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.stages.audit_labels import LabelAudit
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.records.texts import Ints
from prefdata.results.audit import AuditReport, Reviewed, RowPlace, Suspect
from prefdata.results.manifest import Counts, EncoderEntry
from prefdata.steps.audit.write_audited import AuditedBooks, write_audited
from prefdata.steps.audit.write_review import write_review
from prefdata.steps.report.accounts import Accounts
from prefdata.steps.report.facts import ReportFacts, facts_of
from prefdata.steps.report.output_accounts import OutputAccounts
from prefdata.steps.report.run_accounts import RunAccounts
from prefdata.steps.report.shown_texts import texts_of

_NOBODY = np.zeros(0, np.int64)

REPORT, PAGE, TABLE = "report.json", "index.html", "rows.parquet"


def written(
    found: LabelAudit,
    data: Dataset,
    folder: Path,
    config: BuildConfig,
    *,
    page: bool,
    reviewed: Reviewed | None = None,
    decided: Ints = _NOBODY,
    accounts: Accounts | None = None,
) -> tuple[AuditReport, list[WrittenFile]]:
    """Fills a folder; gives the report, and what was written.

    `decided`: rows of which a person knows better; they are no suspects. `accounts`: of all rows,
    where `data` does not know of all that was said of them. Raises RunError where the books do not
    balance: then nothing is to be published.
    """
    accounts = accounts or accounts_of(data)
    facts = facts_of(accounts, data.shards, data.verdicts, found.known, config.audit.report)
    table, counts = write_audited(
        folder / TABLE, AuditedBooks(accounts, found.known, found.rows, found.judged)
    )
    _refuse_unbalanced(facts.counts, counts)
    named = tuple(_suspects(found, data, decided, config))
    report = _report(found, data, facts, config, reviewed, named)
    files = [table, *_sheet(found, data, folder, config)]
    if page:
        from prefdata.reports.page.page import page as page_of

        files.append(write_text_atomic(folder / PAGE, page_of(report)))
    files.append(write_json_atomic(folder / REPORT, report))
    return report, files


def _report(
    found: LabelAudit,
    data: Dataset,
    facts: ReportFacts,
    config: BuildConfig,
    reviewed: Reviewed | None,
    named: tuple[Suspect, ...],
) -> AuditReport:
    settings = settings_of(config, exclude={"audit": {"run"}})
    return AuditReport(
        title=config.title,
        counts=facts.counts,
        sources=facts.sources,
        issues=facts.issues,
        alike=facts.alike,
        alike_rows=facts.alike_rows,
        lengths=facts.lengths,
        languages=facts.languages,
        labels=found.labels and found.labels.model_copy(update={"suspects": named}),
        reviewed=reviewed,
        encoder=EncoderEntry(**vars(found.encoder)) if found.encoder else None,
        remarks=data.remarks | found.remarks,
        versions=versions(),
        config=settings,
        fingerprint=fingerprint(found.identity, settings),
    )


def _suspects(
    found: LabelAudit, data: Dataset, decided: Ints, config: BuildConfig
) -> Iterator[Suspect]:
    shown = config.audit.report
    if found.judged is None:
        return
    places = suspects_of(found.judged, shown.suspects + len(decided))
    places = places[~np.isin(found.rows[places], decided)][: shown.suspects]
    rows = found.rows[places]
    texts = texts_of(data.shards, rows.tolist(), shown.characters)
    about = found.known.of(rows).frame.select("row", "number", "source", "source_row", "split")
    told = [
        (RowPlace(row=number, source=source, source_row=source_row), split, texts[row])
        for row, number, source, source_row, split in about.iter_rows()
    ]
    yield from suspects(found.judged, found.facts, found.controls, places, told)


def _sheet(
    found: LabelAudit, data: Dataset, folder: Path, config: BuildConfig
) -> tuple[WrittenFile, ...]:
    """The review sheet; none where nobody is to be asked."""
    wanted = config.audit.review.rows
    if not wanted or not len(found.rows):
        return ()
    seed = config.audit.seed
    drawn = review_rows(found.judged, len(found.rows), wanted, seed)
    return write_review(data.shards, data.names, found.rows, drawn, seed, folder)


def _refuse_unbalanced(said: Counts, booked: Counts) -> None:
    if said != booked or said.balance():
        raise RunError(
            f"rows are unaccounted for: the report says {said}, the table says {booked}. Nothing "
            "was published; this is a fault of prefdata, please report it."
        )


def accounts_of(data: Dataset) -> Accounts:
    """Of raw sources what the run did with them; of an output folder what its build did."""
    if data.opened.out is not None:
        return OutputAccounts(data.opened.out, data.names, data.shards, data.pairs())
    return RunAccounts(data.shards, data.verdicts, data.names, data.pairs())
