"""The folder that `prefdata judge` publishes: rows, ledger, the report on the judge, manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from prefdata.config.asking import LimitsConfig
from prefdata.config.fingerprint import fingerprint
from prefdata.config.settings import settings_of
from prefdata.io.answers.answers import AnswerStore
from prefdata.io.bytes.books import unit_of
from prefdata.io.files.atomic import write_json_atomic
from prefdata.io.sources.find import fingerprint_of
from prefdata.pipeline.collection.finish import finish, versions
from prefdata.pipeline.run.output_run import OutputRun
from prefdata.results.collection import CollectionCounts, CollectionManifest, SettingEntry
from prefdata.results.judging import JudgeResult, JudgingReport
from prefdata.results.layout import REPORT_JSON
from prefdata.results.manifest import ContentEntry, FileEntry, SourceEntry
from prefdata.results.training import Estimate
from prefdata.steps.collect.collection_files import CollectionFiles, opened_files
from prefdata.steps.judge.bench import Bench
from prefdata.steps.judge.booked import SETTING, VerdictBooks, book_pairs, book_ratings
from prefdata.steps.judge.measured import pairs_measured, ratings_measured
from prefdata.steps.judge.read_subjects import ReadSubjects
from prefdata.transforms.judgements.as_written import written_completion, written_message
from prefdata.transforms.judging.design import Pair
from prefdata.transforms.judging.figures import JudgedPairs, measure
from prefdata.transforms.judging.in_words import in_words, summed_up
from prefdata.transforms.judging.subject import Subject
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate


@dataclass(frozen=True)
class Judging:
    """All that an output is made of. `pairs`: that were asked about; `cut`: beyond the budget.
    `stopped_by`: the limit that was reached."""

    bench: Bench
    read: ReadSubjects
    pairs: list[Pair]
    cut: list[Pair]
    answers: AnswerStore
    stopped_by: str | None = None


def write_judging(output: OutputRun, judging: Judging) -> JudgeResult:
    """Writes the folder; it is published when the block of `output` ends.

    Raises RunError if not everything is accounted for.
    """
    run = output.run
    prints = [fingerprint_of(item.source) for item in run.opened.found]
    settings = _settings(judging.bench)
    identity = fingerprint("judge", settings, *prints)
    folder = run.final(identity, empty=True)
    with opened_files(folder, "judgements") as files:
        books = _books(files, judging)
        _write_unread(files, output, judging.read)
        _write_dropped(files, judging.read)
        measured = list(_measured(judging, books))
        entries = files.entries()
    report = _report(judging, books, measured, settings)
    written = write_json_atomic(folder / REPORT_JSON, report)
    own = FileEntry(path=REPORT_JSON, bytes=written.bytes, sha256=written.sha256, rows=None)
    every = tuple(sorted((*entries, own), key=lambda entry: entry.path))
    manifest = CollectionManifest(
        kind="judge",
        fingerprint=fingerprint(identity, *(entry.sha256 for entry in every)),
        versions=versions("numpy"),
        config=settings,
        settings=(setting_of(judging.bench),),
        sources=tuple(_sources(output, judging.read, prints)),
        not_read=run.opened.not_read,
        counts=_counts(judging, books),
        usage=books.usage,
        files=every,
    )
    return JudgeResult(manifest=finish(output, folder, manifest), report=report)


def _books(files: CollectionFiles, judging: Judging) -> VerdictBooks:
    price = judging.bench.config.limits.price_of(judging.bench.model)
    return VerdictBooks(files, price, judging.stopped_by)


def _measured(judging: Judging, books: VerdictBooks) -> Iterator[JudgedPairs]:
    """Books all verdicts; returns what they measure, as a whole first."""
    bench, answers = judging.bench, judging.answers
    if bench.config.kind == "rating":
        points = book_ratings(bench, answers, books)
        yield from ratings_measured(bench.subjects, points, bench.rubric)
    else:
        booked = book_pairs(bench, judging.pairs, judging.cut, answers, books)
        yield pairs_measured(bench.subjects, booked)


def _report(
    judging: Judging, books: VerdictBooks, measured: list[JudgedPairs], settings: dict[str, Any]
) -> JudgingReport:
    draw = Bootstrap()
    slices = [in_words(part) for pairs in measured for part in measure(pairs, draw)]
    return summed_up(
        JudgingReport(
            judge=judging.bench.judge,
            kind=judging.bench.config.kind,
            verdicts=books.counts,
            unparsed=_unparsed(books, draw),
            slices=tuple(slices),
            versions=versions("numpy"),
            config=settings,
        )
    )


def _unparsed(books: VerdictBooks, draw: Bootstrap) -> Estimate:
    """The share of replies that could not be read; each stands for itself."""
    unparsed = books.counts.unparsed
    hits = np.zeros(books.parsed + unparsed, np.int64)
    hits[:unparsed] = 1
    return estimate(hits, np.arange(len(hits)), draw, most=1)


def _settings(bench: Bench) -> dict[str, Any]:
    """The config as far as the answers follow from it: with the rubric and the template, without
    who was asked, and how fast."""
    speed = set(LimitsConfig.model_fields) - {"prices"}
    whom = dict.fromkeys(("sources", "model", "server", "local"), True)
    config = settings_of(bench.config, exclude={"limits": speed, **whom})
    own = dict(bench.template.parts) if bench.template is not None else None
    return config | {
        "rubric_used": settings_of(bench.rubric),
        "template_used": fingerprint(own) if own is not None else None,
    }


def setting_of(bench: Bench) -> SettingEntry:
    """The one way in which everything is asked."""
    parameters = msgspec.json.decode(bench.parameters(reasoning=bench.config.reasoning))
    return SettingEntry(
        name=SETTING,
        model=bench.judge,
        asked=None if bench.model == bench.judge else bench.model,
        parameters=parameters,
        n=1,
    )


def judging_counts(
    read: ReadSubjects, *, wanted: int, answered: int, **booked: Any
) -> CollectionCounts:
    """The counts of a run; `booked`: what became of verdicts. What is not said was not asked."""
    dropped = Counter(reason for _, reason in read.dropped)
    if not booked:
        missing = wanted - answered
        booked = {"kept": answered, "not_asked": {"not-yet": missing} if missing else {}}
    return CollectionCounts(
        rows=read.rows,
        read=len(read.subjects) + len(read.dropped) + read.quarantined,
        asked=len(read.subjects),
        quarantined=read.quarantined,
        dropped=dict(sorted(dropped.items())),
        wanted=wanted,
        answered=answered,
        **{"written": 0, **booked},
    )


def _counts(judging: Judging, books: VerdictBooks) -> CollectionCounts:
    verdicts = books.counts
    left_out = dict(sorted(books.left_out.items()))
    answered = verdicts.parsed + verdicts.unparsed
    return judging_counts(
        judging.read,
        wanted=verdicts.wanted,
        answered=answered,
        failed=verdicts.failed,
        not_asked=verdicts.not_asked,
        left_out=left_out,
        kept=answered - sum(left_out.values()),
        written=books.written,
    )


def _sources(output: OutputRun, read: ReadSubjects, prints: list[str]) -> Iterator[SourceEntry]:
    for item, one, mark in zip(output.run.opened.found, read.sources, prints, strict=True):
        content = msgspec.structs.asdict(one.content)
        yield SourceEntry(
            name=item.source.name,
            bytes=item.source.size,
            fingerprint=mark,
            container=item.source.container,
            compression=item.source.compression,
            encoding=item.source.encoding,
            dialect=item.dialect,
            polarity=item.polarity,
            read=one.rows,
            quarantined=len(one.unread),
            content=ContentEntry(unit=unit_of(item.source), **content),
        )


def _write_unread(files: CollectionFiles, output: OutputRun, read: ReadSubjects) -> None:
    for item, one in zip(output.run.opened.found, read.sources, strict=True):
        for raw, fault in one.unread:
            place = item.source.name, raw.source_row
            files.quarantine(*place, fault.reason, fault.evidence, raw.raw)


def _write_dropped(files: CollectionFiles, read: ReadSubjects) -> None:
    for subject, reason in read.dropped:
        files.dropped("prompts", {"reason": reason, **_shown(subject)})


def _shown(subject: Subject) -> dict[str, Any]:
    return {
        "source": subject.source,
        "source_row": subject.source_row,
        "prompt": [written_message(message) for message in subject.prompt],
        "completions": [written_completion(each) for each in subject.completions],
    }
