"""The whole run: sources in, an output folder that balances out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.credentials import settings_of
from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.engines.engine import Engine
from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError, SourceError
from prefdata.io.files.atomic import flush_to_disk, write_json_atomic, write_text_atomic
from prefdata.io.files.ledger import read_counts
from prefdata.io.files.shards import Shard
from prefdata.io.review.answers import Answers
from prefdata.pipeline.card import card_with_words, read_card
from prefdata.pipeline.run.dependencies import dependencies_of
from prefdata.pipeline.run.manifest_entries import (
    evaluation_entries,
    file_entries,
    reward_model_entry,
    source_entries,
    versions,
)
from prefdata.pipeline.run.reading import IdentifiedSource, find, refuse_changed, workers_for
from prefdata.pipeline.run.worker_modules import BUILDING
from prefdata.pipeline.run.workspace import empty_workspace, publish, workspace
from prefdata.pipeline.stages.audit_in_build import BuildAudit, audit_step
from prefdata.pipeline.stages.audit_labels import audit_entry
from prefdata.pipeline.stages.compare_rows import Compared, Comparisons
from prefdata.pipeline.stages.kept_answers import refuse_to_lose_answers, report_files
from prefdata.pipeline.stages.label_steps import Labelled, LabelSteps, given_answers
from prefdata.pipeline.stages.prepare import Prepared, prepare
from prefdata.pipeline.stages.up_to_date import refuse_both, unchanged
from prefdata.results.audit import AuditReport
from prefdata.results.layout import CARD, MANIFEST, MARKS, REPORT, REVIEW
from prefdata.results.manifest import AuditEntry, Counts, EncoderEntry, Manifest
from prefdata.steps.audit.write_review import write_decisions
from prefdata.steps.progress import Report, silent, told
from prefdata.steps.write.assign_shards import ShardPlan, assign_shards
from prefdata.steps.write.write_data import (
    Entry,
    OutputPlace,
    data_names,
    entry,
    write_around,
    write_data,
)
from prefdata.steps.write.write_ledger import Books, write_ledger
from prefdata.transforms.compare.split import SPLITS


def build(
    sources: Sequence[str | Path],
    *,
    out: str | Path,
    config: BuildConfig | None = None,
    workers: int | None = None,
    force: bool = False,
    update: bool = False,
    report: Report = silent,
) -> Manifest:
    """Builds a dataset from preference files; returns its manifest.

    Ingest, rules, duplicates, split, review, audit, shards, ledger, report, manifest. Killed at
    any moment and called again it resumes, and ends with the same bytes as if nothing had happened.
    An output that is there is replaced with `force`; with `update` only where it would come out
    differently, see `pipeline.unchanged`.

    Raises a PrefdataError: SourceError, DialectError, ConfigError, OutputError, LockedError.
    """
    config = config or BuildConfig()
    places = [str(source) for source in sources] or list(config.sources)
    out = Path(out)
    refuse_both(force=force, update=update)
    with workspace(out, force=force or update) as place:
        found = find(places, config.read, place / "spool")
        if update and (whole := unchanged(out, found, config, place)):
            empty_workspace(place)
            return whole
        with LocalEngine(workers or workers_for(found), BUILDING) as engine:
            final, manifest = _Build(engine, place, config, found, report, out).run()
        try:
            refuse_changed(found)
        except SourceError:
            empty_workspace(place)  # what was read is neither the old content nor the new one
            raise
        write_json_atomic(final / MANIFEST, manifest)
        publish(place, final, out.absolute())
    return manifest


@dataclass(frozen=True)
class _Build:
    """One run: every step by name, and what it depends on by fingerprint."""

    engine: Engine
    place: Path
    config: BuildConfig
    found: Sequence[IdentifiedSource]
    report: Report
    out: Path

    def run(self) -> tuple[Path, Manifest]:
        config = self.config
        answers = given_answers(config.audit.review)
        refuse_to_lose_answers(self.out / REPORT, report_files(self.out), answers)
        refuse_to_lose_answers(self.out / REVIEW, {}, answers)
        dependencies = dependencies_of(config, answers)
        ready = prepare(self.engine, self.place, config, self.found, self.report)
        shards = ready.shards
        compared = Comparisons(ready, self.engine, self.place, config, self.report).run()
        labelled, audit = self._labelled(ready, compared, answers)
        run = fingerprint(labelled.identity, config.shards.model_dump())
        plans = self.place / f"plan-{run}"
        written = assign_shards(
            shards, compared.keys, labelled.verdicts, labelled.sides, config.shards, plans
        )
        place = OutputPlace(
            root=self.place / f"final-{run}",
            marks=self.place / f"final-{run}" / MARKS,
            plans=plans,
            sources=ready.names,
            to=config.shards.to,
            every_margin=written.every_margin,
            any_extra=written.any_extra,
            any_tools=written.any_tools,
            labels=labelled.labels,
        )
        books = Books(place, labelled.verdicts, _files_by_split(written, place))
        entries = self._write(shards, compared.keys, written, place, books, run)
        if answers is not None:
            kept = write_decisions(answers, place.root / REVIEW)
            entries.append(entry(place.root, kept))
        counts = self._counts(shards, written, place.root)
        audited: AuditEntry | None = None
        whole: AuditReport | None = None
        if audit is not None:
            whole, files = audit.write(place.root, config)
            audited = audit_entry(whole)
            entries += [entry(place.root, file) for file in files]
        manifest = Manifest(
            fingerprint=run,
            versions=versions(),
            config=settings_of(config),
            sources=source_entries(self.found, ready.prints, shards),
            evaluation=evaluation_entries(ready.evaluation),
            examples=(*evaluation_entries(ready.keep), *evaluation_entries(ready.drop)),
            encoder=EncoderEntry(**vars(ready.encoder)) if ready.encoder else None,
            reward_model=reward_model_entry(ready.scorer),
            dependencies=dependencies,
            audit=audited,
            counts=counts,
            remarks=ready.rules.of_dataset(ready.tally) | labelled.remarks,
            files=file_entries(entries),
        )
        self.report("card", 0, 1)
        text, manifest = card_with_words(place.root, manifest, whole, read_card(self.out))
        write_text_atomic(place.root / CARD, text)
        self.report("card", 1, 1)
        return place.root, manifest

    def _labelled(
        self, ready: Prepared, compared: Compared, answers: Answers | None
    ) -> tuple[Labelled, BuildAudit | None]:
        """What people decided of the rows that are left, and then what the audit says of them."""
        config, place, report = self.config, self.place, self.report
        run = Labelled(compared.verdicts, compared.sides, compared.identity, compared.remarks)
        steps = LabelSteps(self.engine, place, ready.shards, ready.names, report)
        if answers is not None:
            run = steps.review(run, answers, config.audit)
        if not config.audit.run:
            return run, None
        return audit_step(run, steps, place, config, report)

    def _write(
        self,
        shards: list[Shard],
        keys: list[Path],
        plan: ShardPlan,
        place: OutputPlace,
        books: Books,
        run: str,
    ) -> list[Entry]:
        entries: list[Entry] = []
        data = write_data(self.engine, shards, plan, place)
        flushed = []
        with ThreadPoolExecutor(1) as flusher:  # the disk takes a file while the next is made
            for written in told(data, "write", len(plan.outputs), self.report):
                entries += written
                flushed += [flusher.submit(flush_to_disk, place.root / e.path) for e in written]
            entries += write_around(plan, place, run)
            for part in write_ledger(self.engine, shards, keys, books):
                entries += part
        for file in flushed:
            file.result()  # a disk that failed says so once: the next flush may well succeed
        return entries

    def _counts(self, shards: list[Shard], plan: ShardPlan, root: Path) -> Counts:
        """Read and quarantined as ingested, kept as planned, dropped as booked: they must agree."""
        booked = read_counts(root)
        counts = Counts(
            read=sum(shard.written.rows for shard in shards),
            kept=sum(output.rows for output in plan.outputs),
            quarantined=sum(shard.written.quarantined for shard in shards),
            dropped=booked.dropped,
            flagged=booked.flagged,
            splits={
                split: sum(o.rows for o in plan.outputs if o.split == number)
                for number, split in enumerate(SPLITS)
                if number in {o.split for o in plan.outputs}
            },
        )
        if counts != booked or counts.balance():
            raise RunError(
                f"rows are unaccounted for: the steps say {counts}, the ledger says {booked}. "
                "Nothing was published; this is a fault of prefdata, please report it."
            )
        return counts


def _files_by_split(plan: ShardPlan, place: OutputPlace) -> tuple[tuple[str, ...], ...]:
    names = data_names(plan, place.to)
    return tuple(
        tuple(name for name, o in zip(names, plan.outputs, strict=True) if o.split == split)
        for split in range(len(SPLITS))
    )
