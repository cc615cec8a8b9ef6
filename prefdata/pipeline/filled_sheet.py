"""Somebody's answers in a folder that is about to be replaced."""

from __future__ import annotations

import hashlib
from pathlib import Path

from prefdata.errors import DataError, OutputError
from prefdata.io.review_answers import Answers, read_answers
from prefdata.pipeline.audit_step import FOLDER
from prefdata.pipeline.dataset import is_output
from prefdata.pipeline.verify import read_manifest
from prefdata.steps.write_review import CSV, JSONL
from prefdata.verdicts.model import FileEntry


def refuse_to_lose_answers(
    folder: Path, written: dict[str, FileEntry], answers: Answers | None
) -> None:
    """Raises OutputError where a review sheet in `folder` was filled in, and nobody has read it.

    `written`: what was written to the folder, by name; a sheet that is still as it was written
    holds no answers. `answers`: those that this run reads, which are kept with what rests on them.
    """
    for name in (CSV, JSONL):
        sheet = folder / name
        if not sheet.is_file() or _is_as_written(sheet, written.get(name)):
            continue
        if answers is not None and sheet.read_bytes() == answers.content:
            continue
        if _holds_answers(sheet):
            raise OutputError(
                f"{sheet} was filled in and would be replaced. Give it with --decisions {sheet}, "
                "or move it elsewhere."
            )


def report_files(out: Path) -> dict[str, FileEntry]:
    """The files of the report of an output folder, by name; none where it is no such folder."""
    if not is_output(out):
        return {}
    within = f"{FOLDER}/"
    files = [file for file in read_manifest(out).files if file.path.startswith(within)]
    return {file.path.removeprefix(within): file for file in files}


def _is_as_written(sheet: Path, entry: FileEntry | None) -> bool:
    if entry is None:
        return False
    with sheet.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256


def _holds_answers(sheet: Path) -> bool:
    """Whether somebody wrote something; what cannot be read was changed by somebody, too."""
    try:
        return bool(read_answers(sheet).decided)
    except DataError:
        return True
