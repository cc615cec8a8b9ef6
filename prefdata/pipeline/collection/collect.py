"""Collects completions of prompts from language models: `prefdata collect`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefdata.config.collect import CollectConfig
from prefdata.config.fingerprint import fingerprint
from prefdata.config.load import given_options
from prefdata.errors import ConfigError, DataError, OutputError
from prefdata.foreign_errors import in_our_words
from prefdata.io.answers.answers import AnswerStore
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.evaluation import EvaluationSet, read_evaluation
from prefdata.io.sources.in_memory import Place, Sources, given_places
from prefdata.pipeline.collection.askers import (
    answers_beside,
    asker_for,
    called_in_outputs,
    called_in_requests,
)
from prefdata.pipeline.collection.finish import finish, versions
from prefdata.pipeline.collection.prompt_sources import PromptSources
from prefdata.pipeline.collection.prompts import PreparedPrompts, prepared_prompts
from prefdata.pipeline.run.manifest_entries import evaluation_entries
from prefdata.pipeline.run.output_run import OutputRun, output_run
from prefdata.results.collection import (
    CollectionCounts,
    CollectionManifest,
    CollectionUsage,
    DryRun,
    SettingEntry,
)
from prefdata.steps.asking.ask import Asker, AskTotals, Wanted, ask
from prefdata.steps.asking.batch import batch_in as batch_in_files
from prefdata.steps.asking.batch import batch_out
from prefdata.steps.asking.estimate import estimate
from prefdata.steps.collect.assemble import AnswerBooks, assemble, wanted
from prefdata.steps.collect.collection_files import opened_files
from prefdata.steps.collect.rules_of_parts import known_rules
from prefdata.steps.progress import Report, silent
from prefdata.transforms.collection.settings import Setting, settings_of

_log = logging.getLogger("prefdata")

_TOLD_ELSEWHERE = ("sources", "model", "settings", "server", "limits", "local")
_NOT_TOLD = dict.fromkeys(_TOLD_ELSEWHERE, True) | {"read": {"source_root": True}}
"""Keys of the config that the manifest tells elsewhere, or that change nothing in the output."""

Observe = Callable[[AskTotals], None]
"""Sees the books of asking as they grow."""


def unobserved(totals: AskTotals) -> None:
    """Looks at nothing."""


@in_our_words
def collect(
    prompts: Sources = (),
    *,
    out: str | Path,
    config: CollectConfig | Mapping[str, Any] | str | Path | None = None,
    answers: str | Path | None = None,
    asker: Asker | None = None,
    batch_in: Sequence[str | Path] = (),
    force: bool = False,
    report: Report = silent,
    observe: Observe = unobserved,
) -> CollectionManifest:
    """Asks models for completions of prompts, and writes them as judgements without verdicts.

    - `prompts`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict. They hold prompts. None given: the sources that the config
      names.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a CollectConfig, its values as a dict, or the path of its YAML. It names the models.
    - `answers`: the file that keeps every answer, so that the same call asks only for what is
      missing in it. None: a file beside `out`.
    - `asker`: what answers in place of the server or models that the config names; see Asker. None:
      those of the config.
    - `batch_in`: paths of result files of a batch service, from which answers are taken first;
      without a server nobody is asked besides.
    - `force`: replace the output of an earlier run in `out`; answers are kept. By default that
      raises OutputError.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.
    - `observe`: is called with the counts of the run (AskTotals) while answers come. By default
      nothing is.

    Raises a PrefdataError: SourceError, DialectError, ConfigError, OutputError, LockedError,
    ModelError, and those of a server that cannot be used.
    """
    plan = _plan(prompts, out, config, asker, is_batch=bool(batch_in))
    with _run(plan, plan.out, report, force=force) as output, ExitStack() as stack:
        ready = _prepared(plan, output)
        kept = stack.enter_context(AnswerStore(answers or answers_beside(plan.out)))
        taken = _take(batch_in, plan, ready, kept)
        unasked = taken if plan.is_batch else _ask(plan, ready, kept, report, observe)
        return _write(plan, output, ready, kept, unasked)


@in_our_words
def dry_collect(
    prompts: Sources = (),
    *,
    out: str | Path,
    config: CollectConfig | Mapping[str, Any] | str | Path | None = None,
    answers: str | Path | None = None,
    report: Report = silent,
) -> DryRun:
    """What `collect` would ask for, and what that costs at most; nothing is asked, nothing written.

    Raises what `collect` raises of sources and config.
    """
    plan = _plan(prompts, out, config, None)
    path = Path(answers or answers_beside(plan.out))
    with _without_output(plan, report) as output, ExitStack() as stack:
        ready = _prepared(plan, output)
        kept = stack.enter_context(AnswerStore(path)) if path.exists() else None
        told = estimate(_wanted(plan, ready)(), kept, plan.config.limits)
        unasked = {"not-yet": told.completions} if told.completions else {}
        # what failed for good counts as known
        books = AnswerBooks(wanted=told.wanted, answered=told.known, kept=told.known)
        books.not_asked.update(unasked)
        return DryRun(
            settings=_setting_entries(plan),
            counts=_counts(ready, books),
            missing=told.completions,
            requests=told.requests,
            prompt_tokens=(told.prompt_tokens, told.prompt_tokens_singly),
            completion_tokens=told.completion_tokens,
            cost=told.cost if plan.config.limits.prices else None,
        )


@in_our_words
def write_batch(
    prompts: Sources = (),
    *,
    out: str | Path,
    to: str | Path,
    config: CollectConfig | Mapping[str, Any] | str | Path | None = None,
    answers: str | Path | None = None,
    batch_in: Sequence[str | Path] = (),
    report: Report = silent,
) -> int:
    """Writes what is missing as a batch file, for a batch service; returns its lines.

    Raises OutputError if the file exists, and what `collect` raises of sources and config.
    """
    plan = _plan(prompts, out, config, None, is_batch=True)
    with _without_output(plan, report) as output, ExitStack() as stack:
        ready = _prepared(plan, output)
        kept = stack.enter_context(AnswerStore(answers or answers_beside(plan.out)))
        _take(batch_in, plan, ready, kept)
        limits, server = plan.config.limits, plan.config.server
        is_native = server is None or server.native_n == "auto"
        return batch_out(_wanted(plan, ready), kept, Path(to), limits, is_native=is_native)


@dataclass(frozen=True)
class _Plan:
    """What is to be done: of which sources, asked how, by whom."""

    places: Sequence[Place]
    out: Path
    config: CollectConfig
    settings: Sequence[Setting]
    asker: Asker | None
    sources: PromptSources
    is_batch: bool
    """Only files are read and written; nobody is asked."""


def _plan(
    prompts: Sources,
    out: str | Path,
    config: CollectConfig | Mapping[str, Any] | str | Path | None,
    asker: Asker | None,
    *,
    is_batch: bool = False,
) -> _Plan:
    config = given_options(CollectConfig, config)
    places = given_places(prompts) or list(config.build.sources)
    if not places:
        raise ConfigError("sources: name prompts: files, folders, globs or URLs")
    if not Path(out).name:
        raise OutputError(f"--out {str(out)!r} names no folder")
    known_rules(config.rules)
    settings = settings_of(config)
    server = config.server
    if asker is None and server is None and not is_batch:
        settings = tuple(
            replace(
                each,
                name=each.name.replace(each.model, called_in_outputs(each.model, None)),
                model=called_in_outputs(each.model, None),
                asked=called_in_requests(each.model, None),
                place=each.model,
            )
            for each in settings
        )
    is_batch = is_batch and asker is None and server is None
    return _Plan(places, Path(out), config, settings, asker, PromptSources(), is_batch)


def _run(
    plan: _Plan, out: Path, report: Report, *, force: bool = False
) -> AbstractContextManager[OutputRun]:
    return output_run(
        plan.places,
        out,
        plan.config.build,
        force=force,
        workers=1,
        opening=plan.sources.open,
        report=report,
    )


@contextmanager
def _without_output(plan: _Plan, report: Report) -> Iterator[OutputRun]:
    """A run that publishes nothing, and leaves the place of the output as it is."""
    with scratch_folder() as scratch, _run(plan, scratch / "out", report) as output:
        yield output


def _prepared(plan: _Plan, output: OutputRun) -> PreparedPrompts:
    """The prompts that are asked. Raises DataError if there are none."""
    run, config = output.run, plan.config
    evaluation = _evaluation(config, run.place)
    ready = prepared_prompts(plan.sources.found, config, evaluation, run)
    if not ready.asked:
        reasons = {"quarantined": ready.quarantined, **ready.dropped}
        told = ", ".join(f"{count:,} {why}" for why, count in reasons.items() if count)
        first = ready.first_left_out
        raise DataError(
            f"none of the {ready.rows:,} rows read can be asked ({told or 'no rows'}). "
            f"{first and f'The first: {first}. '}A row needs a prompt: text or messages, in a "
            "field such as prompt (or --map prompt=FIELD)."
        )
    return ready


def _evaluation(config: CollectConfig, place: Path) -> EvaluationSet | None:
    if not config.against.files:
        return None
    return read_evaluation(config.against, config.read, place / "evaluation")


def _wanted(plan: _Plan, ready: PreparedPrompts) -> Callable[[], Iterator[Wanted]]:
    return lambda: wanted(ready.prompts(), plan.settings)


def _take(
    files: Sequence[str | Path], plan: _Plan, ready: PreparedPrompts, answers: AnswerStore
) -> str:
    """Takes the results of a batch service; returns why what is missing has no answer."""
    if files:
        taken, _ = batch_in_files([Path(file) for file in files], _wanted(plan, ready), answers)
        _log.info("%s answers taken from %s lines of results", f"{taken.new:,}", f"{taken.lines:,}")
        if taken.faults:
            count = sum(taken.faults.values())
            _log.warning("%s lines could not be read: %s", f"{count:,}", taken.first_fault)
        if taken.unwanted:
            _log.warning("%s results are of nothing that is wanted here", f"{taken.unwanted:,}")
    return "no-result"


def _ask(
    plan: _Plan, ready: PreparedPrompts, answers: AnswerStore, report: Report, observe: Observe
) -> str:
    """Asks for all that is missing; returns why what is missing after it was not asked for."""
    if plan.asker is not None or plan.config.server is not None:
        first = plan.settings[0].model
        asker = plan.asker or asker_for(first, plan.config.server, plan.config.local)
        totals = ask(
            _wanted(plan, ready), asker, answers, plan.config.limits, report, observe=observe
        )
        return totals.stopped_by or "unanswered"
    stopped = None
    for place in dict.fromkeys(setting.place for setting in plan.settings):
        mine = [setting for setting in plan.settings if setting.place == place]
        asker = asker_for(place, None, plan.config.local)
        totals = ask(
            lambda mine=mine: wanted(ready.prompts(), mine),  # type: ignore[misc]
            asker,
            answers,
            plan.config.limits,
            report,
            observe=observe,
        )
        stopped = stopped or totals.stopped_by
    return stopped or "unanswered"


def _write(
    plan: _Plan, output: OutputRun, ready: PreparedPrompts, answers: AnswerStore, unasked: str
) -> CollectionManifest:
    folder = output.run.final("collection", empty=True)
    with opened_files(folder, "completions") as files:
        ready.write_left_out(files)
        books = assemble(
            ready.prompts(),
            plan.settings,
            answers,
            files,
            rules=plan.config.rules,
            limits=plan.config.limits,
            unasked=unasked,
        )
    written = files.entries()
    config = plan.config.model_dump(mode="json", exclude=_NOT_TOLD)
    entries = ready.source_entries()
    manifest = CollectionManifest(
        kind="collect",
        fingerprint=fingerprint(config, *(f.sha256 for f in written), *(s.name for s in entries)),
        versions=versions(),
        config=config,
        settings=_setting_entries(plan),
        sources=entries,
        not_read=output.run.opened.not_read,
        evaluation=evaluation_entries(ready.evaluation),
        counts=_counts(ready, books),
        usage=CollectionUsage(**vars(books.usage)),
        files=written,
    )
    return finish(output, folder, manifest)


def _setting_entries(plan: _Plan) -> tuple[SettingEntry, ...]:
    return tuple(
        SettingEntry(
            name=each.name,
            model=each.model,
            asked=None if each.asked == each.model else each.asked,
            parameters=each.parameters,
            n=each.n,
        )
        for each in plan.settings
    )


def _counts(ready: PreparedPrompts, books: AnswerBooks) -> CollectionCounts:
    return CollectionCounts(
        rows=ready.rows,
        read=ready.read,
        asked=ready.asked,
        quarantined=ready.quarantined,
        dropped=dict(sorted(ready.dropped.items())),
        wanted=books.wanted,
        answered=books.answered,
        failed=dict(sorted(books.failed.items())),
        not_asked=dict(sorted(books.not_asked.items())),
        left_out=dict(sorted(books.left_out.items())),
        kept=books.kept,
        flagged=dict(sorted((ready.flagged + books.flagged).items())),
        written=books.written,
        different=books.different,
        single=books.single,
    )
