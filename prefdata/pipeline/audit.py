"""Audits the labels of preference files, or of the output folder of a build."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig
from prefdata.errors import UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import WrittenFile, write_text_atomic
from prefdata.io.sources.in_memory import Place, Sources
from prefdata.pipeline.card import card_with_words, read_card
from prefdata.pipeline.run.comparison import (
    SINCE,
    BuiltFolder,
    built_folder,
    changes_since,
    earlier_build,
    folder_name,
)
from prefdata.pipeline.run.demands import demand_for_audit
from prefdata.pipeline.run.manifest import unedited_manifest, write_manifest
from prefdata.pipeline.run.manifest_entries import audit_entry, file_entries, sheet_checksums
from prefdata.pipeline.run.opened import Opened, is_output, output_in, places_of
from prefdata.pipeline.run.output_run import output_run
from prefdata.pipeline.run.workspace import put_back
from prefdata.pipeline.stages.audit_labels import audit_labels
from prefdata.pipeline.stages.dataset import dataset_of
from prefdata.pipeline.stages.kept_answers import refuse_to_lose_answers, report_files
from prefdata.pipeline.stages.label_steps import given_answers, review_as_evidence
from prefdata.pipeline.stages.write_audit import write_audit
from prefdata.results.audit import AuditReport
from prefdata.results.changes import Changes
from prefdata.results.layout import CARD, MANIFEST, REPORT, REPORT_JSON, lies_in
from prefdata.results.manifest import Manifest
from prefdata.steps.audit.write_review import write_decisions
from prefdata.steps.progress import Report, silent
from prefdata.steps.write.write_data import entry


@in_our_words
def audit(
    sources: Sources,
    *,
    out: str | Path | None = None,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    page: bool = True,
    workers: int | None = None,
    force: bool = False,
    report: Report = silent,
) -> AuditReport:
    """Audits preference files, or the output folder of a build.

    Writes `report.json`, `rows.parquet` (a line for every row read), a review sheet and the page.
    An interrupted audit resumes when it is called again.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict; or the output folder of a build.
    - `out`: the folder to write. None, for the output folder of a build: its `report/`, which its
      manifest then names.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `page`: also write `index.html`, the report as a page for people.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `force`: replace the audit of an earlier run in `out`. By default that raises OutputError;
      `report/` of a build is always replaced.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises a PrefdataError: UsageError without a place to write to, or for raw files with
    `audit.report.since`, IntegrityError if that names no output folder, ModelError if an encoder or
    model cannot be had, and what `build` raises.
    """
    config = given_config(config)
    demand_for_audit(config)
    answers = given_answers(config.audit.review)
    places = places_of(sources, config)
    folder = audit_folder(places, out)
    _refuse_without_ledger(places, config)
    in_place = out is None
    root = folder.parent if in_place else folder
    if in_place:
        unedited_manifest(root)
    refuse_to_lose_answers(folder, report_files(root), answers)
    with output_run(
        places, root, config,
        mark=MANIFEST if in_place else REPORT_JSON, force=force or in_place,
        in_place=in_place, workers=workers, report=report,
    ) as output:  # fmt: skip
        data = dataset_of(output.run)
        reviewed = evidence = None
        if answers:
            reviewed, evidence = review_as_evidence(data, answers, config.audit)
        labels = audit_labels(data, evidence=evidence)
        final = output.run.final(labels.identity, empty=True)
        target = final / REPORT if in_place else final
        changes = _changes(output.run.opened, config)
        whole, files = write_audit(
            labels,
            data,
            target,
            page=page,
            reviewed=reviewed,
            evidence=evidence,
            changes=changes,
        )
        if answers is not None:
            files.append(write_decisions(answers, target))
        if in_place:
            _beside_the_data(final, output.run.opened, whole, files)
        output.finished = final
    return whole


def audit_folder(places: Sequence[Place], out: str | Path | None) -> Path:
    """The folder to write an audit to. Raises UsageError if the sources do not determine it."""
    if out is not None:
        return Path(out)
    if len(places) == 1 and isinstance(places[0], str):
        put_back(Path(places[0]))
        if is_output(Path(places[0])):
            return Path(places[0]) / REPORT
    raise UsageError(
        "--out says where the audit goes; only the output folder of a build, by itself, has a "
        "place for it (its report/)"
    )


def _refuse_without_ledger(places: Sequence[Place], config: BuildConfig) -> None:
    """Raises UsageError or IntegrityError if there are no two builds to compare."""
    if earlier_build(config.audit) is None:
        return
    out = output_in(places)
    if out is None:
        raise UsageError(
            f"{SINCE}: only builds are compared, and what is audited was not built: it has no "
            "ledger. Build it with --audit, or audit its output folder."
        )
    built_folder(out)


def _changes(opened: Opened, config: BuildConfig) -> Changes | None:
    if opened.out is None or opened.manifest is None:
        return None
    built = BuiltFolder(opened.out, opened.manifest, folder_name(opened.out))
    return changes_since(config.audit, built)


def _beside_the_data(
    final: Path, opened: Opened, whole: AuditReport, files: Sequence[WrittenFile]
) -> None:
    """Completes `final` to a whole output folder with this audit; other files are hard-linked."""
    assert opened.out is not None and opened.manifest is not None, "audited in its place"
    before: Manifest = opened.manifest
    kept = [f for f in before.files if f.path != CARD and not lies_in(f.path, REPORT)]
    for file in kept:
        _link(opened.out / file.path, final / file.path)
    added = file_entries([entry(final, file) for file in files])
    after = before.model_copy(
        update={
            "files": tuple(sorted((*kept, *added), key=lambda file: file.path)),
            "sheets": sheet_checksums(final, added),
            "audit": audit_entry(whole),
        }
    )
    text, after = card_with_words(final, after, whole, read_card(opened.out))
    write_text_atomic(final / CARD, text)
    write_manifest(final, after)


def _link(there: Path, here: Path) -> None:
    here.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(there, here)
    except OSError:  # a file system without hard links
        shutil.copy2(there, here)
