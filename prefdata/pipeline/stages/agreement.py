"""How far the judges of a dataset agree: measured as its rows are read, or when it was built."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prefdata.errors import IntegrityError
from prefdata.io.files.atomic import WrittenFile, write_json_atomic
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.run.reading import meeting_sources
from prefdata.pipeline.run.trail import Trail
from prefdata.results.agreement import AgreementReport
from prefdata.results.layout import AGREEMENT
from prefdata.results.manifest import AgreementEntry, Manifest
from prefdata.steps.once import once


def agreement_of(trail: Trail) -> AgreementReport | None:
    """The agreement of the judges of all sources; None where no two of them judged the same.

    Of an output folder, as its build measured it. The workspace keeps it: it is measured once.
    Raises IntegrityError for an output folder whose file was changed.
    """
    opened = trail.run.opened
    if opened.out is not None and opened.manifest is not None:
        return _written(opened.out, opened.manifest)
    if sum(shard.written.judges for shard in trail.shards) < 2:
        return None
    # beside the record shards, since it depends on what these depend on
    mark = trail.shards[0].folder / AGREEMENT
    measured = once(
        mark,
        dict[str, Any],
        lambda: trail.reported("agreement", lambda: _measured(trail.run).model_dump()),
    )
    report = AgreementReport.model_validate(measured)
    return report if any(part.shared_items for part in report.slices) else None


def write_agreement(report: AgreementReport, root: Path) -> WrittenFile:
    """Writes the agreement into an output folder."""
    return write_json_atomic(root / AGREEMENT, report)


def agreement_entries(report: AgreementReport | None) -> tuple[AgreementEntry, ...]:
    """The manifest entries of an agreement; none where there is no agreement."""
    return tuple(
        AgreementEntry(
            criterion=part.criterion,
            source=part.source,
            judges=len(part.judges),
            votes=part.votes,
            shared_items=part.shared_items,
            scale=part.alpha.scale,
            alpha=part.alpha.value,
            low=part.alpha.low,
            high=part.alpha.high,
        )
        for part in (report.slices if report else ())
    )


def _written(out: Path, manifest: Manifest) -> AgreementReport | None:
    """The agreement in an output folder; None if its manifest names none.

    Raises IntegrityError if the file differs from the one that the manifest names.
    """
    entry = next((file for file in manifest.files if file.path == AGREEMENT), None)
    if entry is None:
        return None
    try:
        content = (out / AGREEMENT).read_bytes()
        if hashlib.sha256(content).hexdigest() == entry.sha256:
            return _in_both_languages(AgreementReport.model_validate_json(content))
    except (OSError, ValidationError) as error:
        raise IntegrityError(f"{out / AGREEMENT} cannot be read: {error}") from error
    raise IntegrityError(
        f"{out / AGREEMENT} was changed since the build wrote it. Build {out} again, or put the "
        "file back."
    )


def _in_both_languages(report: AgreementReport) -> AgreementReport:
    from prefdata.transforms.judgements.in_words import in_words_again

    return report.model_copy(update={"slices": tuple(map(in_words_again, report.slices))})


def _measured(run: Run) -> AgreementReport:
    from prefdata.steps.read.agreement import hear, measure  # only where judges are named

    found, config = meeting_sources(run.opened.found), run.config.read
    return measure([hear(*source, config) for source in found], versions())
