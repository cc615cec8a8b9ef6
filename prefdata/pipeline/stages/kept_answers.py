"""Refuses to replace a folder that holds review answers which would be lost."""

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
    """Raises OutputError where a sheet in `folder` says more than this run reads and keeps.

    `written`: what was written to the folder, by name; a review sheet that is still as it was
    written holds no answers, but a sheet that was kept (`write_decisions`) does. `answers`: those
    that this run reads, which are kept with what rests on them.
    """
    for name in (REVIEW_CSV, REVIEW_JSONL, *KEPT):
        sheet = folder / name
        if not sheet.is_file():
            continue
        if name not in KEPT and _is_as_written(sheet, written.get(name)):
            continue
        if _says_more(sheet, answers):
            raise OutputError(
                f"{sheet} was filled in and would be replaced. Give it with --decisions {sheet}, "
                "or move it elsewhere."
            )


def report_files(out: Path) -> dict[str, FileEntry]:
    """The files of the report of an output folder, by name; none where it is no such folder."""
    if not is_output(out):
        return {}
    within = f"{REPORT}/"
    files = [file for file in read_manifest(out).files if file.path.startswith(within)]
    return {file.path.removeprefix(within): file for file in files}


def is_sheet(path: str) -> bool:
    """Whether people may have written into this file of an output folder, by its path there."""
    folder, _, name = path.rpartition("/")
    if folder == REPORT:
        return name in (REVIEW_CSV, REVIEW_JSONL)
    return folder == REVIEW and name in KEPT


def _is_as_written(sheet: Path, entry: FileEntry | None) -> bool:
    if entry is None:
        return False
    with sheet.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def _says_more(sheet: Path, answers: Answers | None) -> bool:
    """Whether it decides what `answers` do not; what cannot be read was changed by somebody."""
    if answers is not None and sheet.read_bytes() == answers.content:
        return False
    try:
        return not _decisions(read_answers(sheet)) <= _decisions(answers)
    except DataError:
        return True


def _decisions(answers: Answers | None) -> set[tuple[object, ...]]:
    decided = () if answers is None else answers.decided
    return {(each.fingerprint, each.place, each.decision, each.note) for each in decided}
