"""Entries of the manifest: sources, evaluation sets, files, versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
import polars
import pyarrow

from prefdata.io.bytes.books import Content, unit_of
from prefdata.io.files.shards import Shard
from prefdata.io.review.unanswered import unanswered_sha256
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.pipeline.run.reading import IdentifiedSource
from prefdata.results.audit import AuditReport
from prefdata.results.layout import REPORT, REVIEW_CSV, REVIEW_JSONL
from prefdata.results.manifest import (
    AuditEntry,
    ContentEntry,
    EvaluationEntry,
    FileEntry,
    RewardModelEntry,
    SourceEntry,
)
from prefdata.steps.reward.scorer import Scorer
from prefdata.steps.write.write_data import Entry
from prefdata.version import __version__


def source_entries(
    identified: Sequence[IdentifiedSource], prints: Sequence[str], shards: Sequence[Shard]
) -> tuple[SourceEntry, ...]:
    """An entry for each source, with its counts of rows."""
    read: Counter[int] = Counter()
    quarantined: Counter[int] = Counter()
    contents = [Content() for _ in identified]
    for shard in shards:
        for part in shard.parts:
            contents[part.source].add(part.content)
            read[part.source] += part.read
            quarantined[part.source] += part.quarantined
    return tuple(
        SourceEntry(
            name=item.source.name,
            bytes=item.source.size,
            fingerprint=prints[number],
            container=item.source.container,
            compression=item.source.compression,
            encoding=item.source.encoding,
            dialect=item.dialect,
            polarity=item.polarity,
            read=read[number],
            quarantined=quarantined[number],
            content=ContentEntry(
                unit=unit_of(item.source), **msgspec.structs.asdict(contents[number])
            ),
        )
        for number, item in enumerate(identified)
    )


def evaluation_entries(evaluation: EvaluationSet | None) -> tuple[EvaluationEntry, ...]:
    """The files of an evaluation set that prompts were compared with."""
    return tuple(
        EvaluationEntry(
            name=file.name,
            fingerprint=file.fingerprint,
            field=file.field,
            rows=file.rows,
            without_prompt=file.without_prompt,
            unreadable=file.unreadable,
        )
        for file in (evaluation.files if evaluation else ())
    )


def reward_model_entry(scorer: Scorer | None) -> RewardModelEntry | None:
    """The reward model that scored the rows; None if there was none."""
    return RewardModelEntry(**vars(scorer.identity)) if scorer else None


def file_entries(entries: Sequence[Entry]) -> tuple[FileEntry, ...]:
    """Entries of all written files, sorted by path."""
    ordered = sorted(entries, key=lambda e: e.path)
    return tuple(
        FileEntry(path=e.path, bytes=e.bytes, sha256=e.sha256, rows=e.rows) for e in ordered
    )


def sheet_checksums(root: Path, files: Sequence[FileEntry]) -> dict[str, str]:
    """Review sheets among the files of an output folder, just written: path to checksum."""
    sheets = {f"{REPORT}/{name}" for name in (REVIEW_CSV, REVIEW_JSONL)}
    return {f.path: unanswered_sha256(root / f.path) for f in files if f.path in sheets}


def versions(*libraries: str) -> dict[str, str]:
    """Versions of the libraries that the written bytes depend on; `libraries`: further ones."""
    return {
        "prefdata": __version__,
        "polars": polars.__version__,
        "pyarrow": pyarrow.__version__,
        **{name: version(name) for name in libraries},
    }


def audit_entry(report: AuditReport) -> AuditEntry | None:
    """The manifest entry of an audit; None if no label was audited."""
    labels = report.labels
    if labels is None:
        return None
    whole = labels.power.detections[0]
    answers = labels.claims and labels.claims.answers
    return AuditEntry(
        fingerprint=report.fingerprint,
        pairs=labels.pairs,
        accuracy=labels.accuracy.value,
        auroc=whole.auroc,
        is_judged=labels.is_judged,
        likely_flipped=answers.likely if answers else None,
        wrong=(answers.rate.low, answers.rate.high) if answers else None,
    )
