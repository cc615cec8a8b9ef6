"""The files to publish of an output folder, in the layout of the Hub, and their manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.fingerprint import fingerprint
from prefdata.config.push import PARTS, Part, PushConfig
from prefdata.engines.local import LocalEngine
from prefdata.errors import UsageError
from prefdata.io.targets.target import LocalFile
from prefdata.pipeline.publish.answers import HeldAnswers
from prefdata.pipeline.publish.stage_model import staged_model
from prefdata.pipeline.run.manifest_entries import file_entries, versions
from prefdata.pipeline.run.reading import cores
from prefdata.results.layout import DATA, LEDGER, REPORT, REVIEW, lies_in
from prefdata.results.manifest import FileEntry, Manifest
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.write.stage_data import Staging, published_name, stage_data

_SMALL_BYTES = 64 << 20
"""Size of the shards to convert below which starting processes costs more than it saves."""

_ON_DEMAND = (REPORT, REVIEW)
"""Parts that an output folder has only on request."""


@dataclass(frozen=True)
class Staged:
    """The files to send, without card and manifest, sorted by path.

    `manifest`: that of the published copy, without its card. `remarks`: further sentences for
    people.
    """

    files: tuple[LocalFile, ...]
    manifest: Manifest
    remarks: tuple[str, ...] = ()


def stage(
    out: Path, manifest: Manifest, config: PushConfig, work: Path, report: Report = silent
) -> Staged:
    """Prepares the files to publish of the verified output folder `out`.

    Parquet shards and requested parts are sent as they are. Arrow shards are converted to Parquet
    under `work`, byte for byte as a build to Parquet would write them; files left there by an
    earlier call are reused. People's answers go only with the part `review`. Raises UsageError if a
    requested part or reward model is missing.
    """
    answers, is_asked = HeldAnswers.of(out, manifest), REVIEW in config.parts
    wanted = list(_wanted(manifest, config, answers))
    remarks = answers.remarks(wanted, is_asked=is_asked)
    wanted = answers.sent(wanted, is_asked=is_asked)
    files, entries = _files(out, wanted, work, report)
    if config.reward_model is not None:
        model = staged_model(Path(config.reward_model).expanduser(), manifest)
        files, entries = [*files, *model.files], [*entries, *model.entries]
        remarks += model.remarks
    before = manifest.left_out or ()  # if `out` is itself a published copy
    had = [part for part in PARTS if _has(manifest, part) or part in before]
    left_out = [part for part in had if part in before or part not in config.parts]
    sent = {entry.path for entry in entries}
    return Staged(
        tuple(sorted(files, key=lambda file: file.path)),
        manifest.model_copy(
            update={
                "files": tuple(sorted(entries, key=lambda entry: entry.path)),
                "sheets": {path: sum_ for path, sum_ in manifest.sheets.items() if path in sent},
                "card": None,
                "left_out": tuple(left_out),
            }
        ),
        remarks,
    )


def _wanted(manifest: Manifest, config: PushConfig, answers: HeldAnswers) -> Iterator[FileEntry]:
    left_out = manifest.left_out or ()
    on_demand = {*_ON_DEMAND, *left_out}
    has_answers = REPORT in config.parts and bool(answers.files)
    missing = [
        part
        for part in config.parts
        if part in on_demand and not _has(manifest, part) and not (part == REVIEW and has_answers)
    ]
    if {*missing} & {*left_out} and {*config.parts} != {*PARTS}:
        raise UsageError(
            f"there is no {missing[0]}/ to publish: this is a copy that was published without. "
            "Leave that --with away, or publish the output folder of the build."
        )
    if missing and {*config.parts} != {*PARTS}:
        raise UsageError(
            f"there is no {missing[0]}/ to publish: `prefdata audit OUT` makes a report, and a "
            "build with a filled-in review sheet a review. Leave that --with away, or make it."
        )
    for entry in manifest.files:
        folder = entry.path.partition("/")[0]
        # beside Arrow shards lie files that only load_from_disk needs
        if folder in config.parts or (folder == DATA and entry.rows is not None):
            yield entry


def _has(manifest: Manifest, part: Part) -> bool:
    return any(entry.path.startswith(f"{part}/") for entry in manifest.files)


def _files(
    out: Path, wanted: list[FileEntry], work: Path, report: Report
) -> tuple[list[LocalFile], list[FileEntry]]:
    """Local files and their manifest entries; files that differ when published are made first."""
    names = {e.path: published_name(e.path) for e in wanted if lies_in(e.path, DATA)}
    is_arrow = any(name != published for name, published in names.items())
    altered = [
        e for e in wanted if is_arrow and e.rows is not None and lies_in(e.path, DATA, LEDGER)
    ]
    entries = [e for e in wanted if e not in altered]
    files = [LocalFile(e.path, out / e.path, e.bytes, e.sha256) for e in entries]
    folder = work / f"stage-{fingerprint(versions(), *(f'{e.path} {e.sha256}' for e in altered))}"
    todo = [
        Staging(out, e.path, names.get(e.path, e.path), folder, {} if e.path in names else names)
        for e in altered
    ]
    with LocalEngine(_workers(altered), ("prefdata.steps.write.stage_data",)) as engine:
        for made in with_progress(stage_data(engine, todo), "stage", len(todo), report):
            files.append(LocalFile(made.path, folder / made.path, made.bytes, made.sha256))
            entries += file_entries([made])
    return files, entries


def _workers(altered: list[FileEntry]) -> int:
    if sum(entry.bytes for entry in altered) < _SMALL_BYTES:
        return 1
    return min(cores(), len(altered))
