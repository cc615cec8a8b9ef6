"""Builds a dataset: preference files in, an output folder in which every row is accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefdata.config.fingerprint import fingerprint
from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig
from prefdata.config.settings import settings_of
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import flush_to_disk, write_text_atomic
from prefdata.io.files.ledger import read_counts
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.card import card_with_words, read_card
from prefdata.pipeline.run.comparison import BuiltFolder, changes_since, folder_name
from prefdata.pipeline.run.demands import demand_for_build
from prefdata.pipeline.run.dependencies import dependencies_of
from prefdata.pipeline.run.manifest import write_manifest
from prefdata.pipeline.run.manifest_entries import (
    audit_entry,
    evaluation_entries,
    file_entries,
    reward_model_entry,
    sheet_checksums,
    source_entries,
    versions,
)
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.output_run import Run, output_run, refuse_unbalanced
from prefdata.pipeline.run.replaceable import refuse_unnamed
from prefdata.pipeline.run.trail import Trail
from prefdata.pipeline.stages.agreement import agreement_entries, agreement_of, write_agreement
from prefdata.pipeline.stages.audit_in_build import settle_labels
from prefdata.pipeline.stages.compare_rows import ComparedRows, compare_rows
from prefdata.pipeline.stages.judging import (
    judging_entries,
    judging_of,
    reports_on_judges,
    write_judging,
)
from prefdata.pipeline.stages.kept_answers import refuse_to_lose_answers, report_files
from prefdata.pipeline.stages.label_steps import LabelledRows, given_answers
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.stages.up_to_date import refuse_both, unchanged
from prefdata.results.audit import AuditReport
from prefdata.results.layout import CARD, MANIFEST, MARKS, REPORT, REVIEW
from prefdata.results.manifest import Counts, EncoderEntry, Manifest
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.write.assign_shards import ShardPlan, assign_shards
from prefdata.steps.write.connected import write_connected
from prefdata.steps.write.write_data import (
    Entry,
    OutputPlace,
    data_names,
    entry,
    write_around,
    write_data,
)
from prefdata.steps.write.write_ledger import Books, write_ledger, write_not_read
from prefdata.transforms.split.split import SPLITS


@in_our_words
def build(
    sources: Sources,
    *,
    out: str | Path,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    force: bool = False,
    update: bool = False,
    report: Report = silent,
) -> Manifest:
    """Builds a dataset from preference files; returns its manifest.

    Ingest, rules, duplicates, split, review, audit, shards, ledger, report, manifest. An
    interrupted build resumes when it is called again, and ends with the same bytes as an
    uninterrupted one.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `force`: replace the output of an earlier run in `out`. By default that raises OutputError.
    - `update`: replace it only if it would come out differently; if not, the manifest that is there
      is returned. Not together with `force`.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises a PrefdataError: SourceError, DialectError, ConfigError, MissingExtraError, OutputError,
    LockedError.
    """
    config = given_config(config)
    demand_for_build(config)
    out = Path(out)
    refuse_both(force=force, update=update)
    with output_run(
        sources, out, config,
        force=force, update=update, workers=workers, opening=open_sources, report=report,
    ) as output:  # fmt: skip
        if update and (manifest := unchanged(out, output.run)):
            return manifest
        refuse_unnamed(out, MANIFEST)
        output.finished, manifest = _built(output.run, out)
    return manifest


def _built(run: Run, out: Path) -> tuple[Path, Manifest]:
    """Runs all steps; returns the finished folder, still to be published, and its manifest."""
    config = run.config
    answers = given_answers(config.audit.review)
    refuse_to_lose_answers(out / REPORT, report_files(out), answers)
    refuse_to_lose_answers(out / REVIEW, {}, answers)
    dependencies = dependencies_of(config, answers) | reports_on_judges(run.opened)
    prepared = prepare(run)
    if prepared.pictures is not None:  # files that no source is: an update reads them again
        dependencies["pictures beside the sources"] = prepared.pictures
    trail = prepared.trail
    agreement, judging = agreement_of(trail), judging_of(run.opened)
    compared = compare_rows(prepared)
    rows, audit = settle_labels(LabelledRows(trail, compared.split), answers)
    identity = fingerprint(trail.identity, config.shards.model_dump())
    output = _planned(run, rows, compared, identity)
    entries = _written(output, compared, rows)
    if answers is not None:
        from prefdata.steps.audit.write_review import write_decisions

        decisions = write_decisions(answers, output.place.root / REVIEW)
        entries.append(entry(output.place.root, decisions))
    if agreement is not None:
        entries.append(entry(output.place.root, write_agreement(agreement, output.place.root)))
    if judging:
        entries.append(entry(output.place.root, write_judging(judging, output.place.root)))
    counts = _counts(trail, output)
    manifest = Manifest(
        fingerprint=identity,
        versions=versions(),
        config=settings_of(config),
        sources=source_entries(run.opened.found, prepared.fingerprints, trail.shards),
        not_read=run.opened.not_read,
        evaluation=evaluation_entries(prepared.evaluation),
        examples=(*evaluation_entries(prepared.keep), *evaluation_entries(prepared.drop)),
        encoder=EncoderEntry(**vars(prepared.encoder)) if prepared.encoder else None,
        reward_model=reward_model_entry(prepared.scorer),
        dependencies=dependencies,
        agreement=agreement_entries(agreement),
        judging=judging_entries(judging),
        counts=counts,
        remarks=prepared.remarks(counts.kept, output.plan.with_margin),
        files=(),
    )
    report: AuditReport | None = None
    if audit is not None:
        built = BuiltFolder(output.place.root, manifest, folder_name(out))
        report, written = audit.write(output.place.root, changes_since(config.audit, built))
        entries += [entry(output.place.root, file) for file in written]
    files = file_entries(entries)
    manifest = manifest.model_copy(
        update={
            "audit": audit_entry(report) if report else None,
            "files": files,
            "sheets": sheet_checksums(output.place.root, files),
        }
    )
    return output.place.root, _with_card(run, output.place.root, manifest, report, out)


@dataclass(frozen=True)
class _Output:
    """An output that is being written: its fingerprint, the shard of each row, and its place."""

    identity: str
    plan: ShardPlan
    place: OutputPlace


def _planned(run: Run, rows: LabelledRows, compared: ComparedRows, identity: str) -> _Output:
    trail, shards = rows.trail, run.config.shards
    plans = run.place / f"plan-{identity}"
    plan = assign_shards(trail.shards, compared.keys, trail.verdicts, rows.split, shards, plans)
    root = run.final(identity)
    place = OutputPlace(
        root=root,
        marks=root / MARKS,
        plans=plans,
        sources=trail.names,
        to=shards.to,
        has_margin=plan.has_margin,
        any_extra=plan.any_extra,
        has_tools=plan.has_tools,
        any_pictures=plan.any_pictures,
        labels=rows.labels,
    )
    return _Output(identity, plan, place)


def _written(output: _Output, compared: ComparedRows, rows: LabelledRows) -> list[Entry]:
    """Writes data, ledger and dropped rows; returns the files."""
    trail, plan, place = rows.trail, output.plan, output.place
    run, entries, flushed = trail.run, [], []
    data = write_data(run.engine, trail.shards, compared.keys, plan, place)
    with ThreadPoolExecutor(1) as flusher:  # one file is flushed while the next is written
        for files in with_progress(data, "write", len(plan.outputs), run.report):
            entries += files
            flushed += [flusher.submit(flush_to_disk, place.root / e.path) for e in files]
        entries += write_around(plan, place, output.identity)
        connected = write_connected(
            trail.shards, place.plans, trail.verdicts, compared.grouped, place.plans / "connected"
        )
        books = Books(place, trail.verdicts, connected, _files_by_split(output))
        for part in write_ledger(run.engine, trail.shards, compared.keys, books):
            entries += part
    entries += write_not_read(place.root, run.opened.not_read)
    for file in flushed:
        file.result()  # a disk reports a failure only once; later flushes may succeed
    return entries


def _counts(trail: Trail, output: _Output) -> Counts:
    """The counts of the ledger, checked against what the steps read, kept and quarantined.

    Raises RunError if they differ.
    """
    booked, outputs = read_counts(output.place.root), output.plan.outputs
    in_split = {
        split: sum(o.rows for o in outputs if o.split == number)
        for number, split in enumerate(SPLITS)
        if number in {o.split for o in outputs}
    }
    counted = {
        "read": sum(shard.written.rows for shard in trail.shards),
        "kept": sum(o.rows for o in outputs),
        "quarantined": sum(shard.written.quarantined for shard in trail.shards),
        "splits": in_split,
    }
    refuse_unbalanced(booked, "the ledger", counted)
    if booked.rows is not None:
        read = sum(part.read for shard in trail.shards for part in shard.parts)
        refuse_unbalanced(booked.rows, "the ledger of rows", {"read": read})
    return booked.model_copy(update={"splits": in_split})  # in the order of the splits


def _with_card(
    run: Run, root: Path, manifest: Manifest, audit: AuditReport | None, out: Path
) -> Manifest:
    """Writes the card and then the manifest, the last of all files."""
    run.report("card", 0, 1)
    text, manifest = card_with_words(root, manifest, audit, read_card(out))
    write_text_atomic(root / CARD, text)
    run.report("card", 1, 1)
    write_manifest(root, manifest)
    return manifest


def _files_by_split(output: _Output) -> tuple[tuple[str, ...], ...]:
    outputs = output.plan.outputs
    names = data_names(output.plan, output.place.to)
    return tuple(
        tuple(name for name, o in zip(names, outputs, strict=True) if o.split == split)
        for split in range(len(SPLITS))
    )
