"""Refuses to replace a folder with review answers that would be lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prefdata.errors import DataError, OutputError
from prefdata.io.review.answers import Answers, read_answers
from prefdata.pipeline.run.opened import is_output
from prefdata.pipeline.verify import read_manifest
from prefdata.results.layout import REPORT, REVIEW, REVIEW_CSV, REVIEW_JSONL
from prefdata.results.manifest import FileEntry
from prefdata.steps.audit.write_review import KEPT


def refuse_to_lose_answers(
    folder: Path, written: dict[str, FileEntry], answers: Answers | None
) -> None:
    """Raises OutputError if a sheet in `folder` has decisions that this run does not read and keep.

    `written`: files that were written to the folder, by name; a review sheet unchanged since then
    holds no answers, but a sheet kept by `write_decisions` does. `answers`: those that this run
    reads, which are kept with the output.
    """
    for name in (REVIEW_CSV, REVIEW_JSONL, *KEPT):
        sheet = folder / name
        if not sheet.is_file():
            continue
        if name not in KEPT and _is_as_written(sheet, written.get(name)):
            continue
        if _has_more_decisions(sheet, answers):
            raise OutputError(
                f"{sheet} was filled in and would be replaced. Give it with --decisions {sheet}, "
                "or move it elsewhere."
            )


def report_files(out: Path) -> dict[str, FileEntry]:
    """The files of the report of an output folder, by name; empty if it is no such folder."""
    if not is_output(out):
        return {}
    within = f"{REPORT}/"
    files = [file for file in read_manifest(out).files if file.path.startswith(within)]
    return {file.path.removeprefix(within): file for file in files}


def is_sheet(path: str) -> bool:
    """Whether people may have written in this file of an output folder, given its path there."""
    folder, _, name = path.rpartition("/")
    if folder == REPORT:
        return name in (REVIEW_CSV, REVIEW_JSONL)
    return folder == REVIEW and name in KEPT


def _is_as_written(sheet: Path, entry: FileEntry | None) -> bool:
    if entry is None:
        return False
    with sheet.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def _has_more_decisions(sheet: Path, answers: Answers | None) -> bool:
    """Whether a sheet has decisions that `answers` lack; true if it is unreadable."""
    if answers is not None and sheet.read_bytes() == answers.content:
        return False
    try:
        return not _decisions(read_answers(sheet)) <= _decisions(answers)
    except DataError:
        return True


def _decisions(answers: Answers | None) -> set[tuple[object, ...]]:
    decided = () if answers is None else answers.decided
    return {
        (decision.fingerprint, decision.place, decision.decision, decision.note)
        for decision in decided
    }
