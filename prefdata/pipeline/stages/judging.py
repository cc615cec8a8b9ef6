"""What is known of the language models that judged, taken along from `prefdata judge`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from prefdata.config.fingerprint import fingerprint
from prefdata.errors import IntegrityError
from prefdata.io.files.atomic import WrittenFile, write_json_atomic
from prefdata.pipeline.run.opened import Opened
from prefdata.results.collection import CollectionManifest, is_collection
from prefdata.results.judging import JudgingReport, JudgingReports
from prefdata.results.layout import DATA, JUDGING, MANIFEST, REPORT_JSON
from prefdata.results.manifest import FileEntry, JudgingEntry
from prefdata.transforms.judging.in_words import in_words_again

_Report = TypeVar("_Report", JudgingReport, JudgingReports)


def judging_of(opened: Opened) -> tuple[JudgingReport, ...]:
    """The reports on the judges whose folders are among the sources, in their order; of an output
    folder, those that its build took along.

    Raises IntegrityError for a report that was changed since it was written.
    """
    if opened.out is not None and opened.manifest is not None:
        content = _content(opened.out, JUDGING, opened.manifest.files)
        found = () if content is None else _parsed(JudgingReports, opened.out, content).judges
    else:
        reports = ((folder, content) for folder, content in _reports(opened))
        found = tuple(_parsed(JudgingReport, folder, content) for folder, content in reports)
    return tuple(map(in_words_again, found))


def reports_on_judges(opened: Opened) -> dict[str, str]:
    """The reports among the sources by name, with a fingerprint: files that no source is, so that
    an update reads them again."""
    return {
        f"report on a judge in {folder.name}": fingerprint(hashlib.sha256(content).hexdigest())
        for folder, content in _reports(opened)
    }


def write_judging(reports: tuple[JudgingReport, ...], root: Path) -> WrittenFile:
    """Writes the reports into an output folder."""
    return write_json_atomic(root / JUDGING, JudgingReports(judges=reports))


def judging_entries(reports: tuple[JudgingReport, ...]) -> tuple[JudgingEntry, ...]:
    """The manifest entries of judges."""
    return tuple(map(_entry, reports))


def _entry(report: JudgingReport) -> JudgingEntry:
    whole = report.slices[0] if report.slices else None
    orders, labels = (whole.orders, whole.labels) if whole else (None, None)
    return JudgingEntry(
        judge=report.judge,
        kind=report.kind,
        pairs=whole.pairs if whole else 0,
        consistency=orders.consistency.value if orders else None,
        agreement=labels.agreement.value if labels else None,
        faults=report.faults,
    )


def _reports(opened: Opened) -> Iterator[tuple[Path, bytes]]:
    """The folders of `prefdata judge` that sources lie in, with the text of their reports."""
    seen: set[Path] = set()
    for item in opened.found:
        folder = item.source.path.parent.parent
        if item.source.path.parent.name != DATA or folder in seen:
            continue
        seen.add(folder)
        manifest = _judged(folder)
        content = _content(folder, REPORT_JSON, manifest.files) if manifest else None
        if content is not None:
            yield folder, content


def _judged(folder: Path) -> CollectionManifest | None:
    """The manifest of a folder of `prefdata judge`; None if it is something else."""
    try:
        text = (folder / MANIFEST).read_bytes()
        if not is_collection(text):
            return None
        manifest = CollectionManifest.model_validate_json(text)
    except OSError:
        return None
    except ValidationError as error:
        raise IntegrityError(f"{folder / MANIFEST} cannot be read: {error}") from error
    return manifest if manifest.kind == "judge" else None


def _content(folder: Path, name: str, files: tuple[FileEntry, ...]) -> bytes | None:
    """A file that a manifest names; None if it names none. Raises IntegrityError if it differs."""
    entry = next((file for file in files if file.path == name), None)
    if entry is None:
        return None
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise IntegrityError(f"{folder / name} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise IntegrityError(
            f"{folder / name} was changed since it was written. Run the command that made {folder} "
            "again (what was answered is kept), or put the file back."
        )
    return content


def _parsed(kind: type[_Report], folder: Path, content: bytes) -> _Report:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise IntegrityError(f"{folder}: its report on a judge cannot be read: {error}") from error
