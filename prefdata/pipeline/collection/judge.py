"""Has a language model judge completions: `prefdata judge`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from prefdata.config.judge import JudgeConfig, load_rubric
from prefdata.config.load import given_options
from prefdata.errors import ConfigError, DataError, OutputError
from prefdata.foreign_errors import in_our_words
from prefdata.io.answers.answers import AnswerStore
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.in_memory import Place, Sources, given_places
from prefdata.pipeline.collection.askers import (
    answers_beside,
    asker_for,
    called_in_outputs,
    called_in_requests,
)
from prefdata.pipeline.collection.judge_output import (
    Judging,
    judging_counts,
    setting_of,
    write_judging,
)
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.output_run import OutputRun, output_run
from prefdata.results.collection import DryRun
from prefdata.results.judging import JudgeResult
from prefdata.steps.asking.ask import Asker, AskTotals
from prefdata.steps.asking.batch import batch_out
from prefdata.steps.asking.estimate import estimate
from prefdata.steps.judge.asking import (
    Purse,
    ask_trials,
    ask_within_budget,
    both_orders,
    once_each,
    with_offers,
)
from prefdata.steps.judge.bench import Bench, Trial
from prefdata.steps.judge.read_subjects import ReadSubjects, read_subjects
from prefdata.steps.judge.suspects import suspected_places
from prefdata.steps.progress import Report, silent
from prefdata.transforms.judging.design import Pair, all_pairs, connecting_pairs
from prefdata.transforms.judging.template import LONGEST_TEMPLATE, Template, template_of

OWN_TEMPLATES = ("auto", "en", "zh")

Observe = Callable[[AskTotals], None]
"""Sees the books of asking as they grow."""


def unobserved(totals: AskTotals) -> None:
    """Looks at nothing."""


@in_our_words
def judge(
    sources: Sources = (),
    *,
    out: str | Path,
    config: JudgeConfig | Mapping[str, Any] | str | Path | None = None,
    answers: str | Path | None = None,
    asker: Asker | None = None,
    batch_in: Sequence[str | Path] = (),
    force: bool = False,
    report: Report = silent,
    observe: Observe = unobserved,
) -> JudgeResult:
    """Has a language model judge completions, and says how far its verdicts can be trusted.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict. They hold two or more completions of each prompt. None given:
      the sources that the config names.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a JudgeConfig, its values as a dict, or the path of its YAML. It names the model.
    - `answers`: the file that keeps every answer, so that the same call asks only for what is
      missing in it. None: a file beside `out`.
    - `asker`: what answers in place of the server or model that the config names; see Asker. None:
      that of the config.
    - `batch_in`: paths of result files of a batch service, from which answers are taken first.
    - `force`: replace the output of an earlier run in `out`; answers are kept. By default that
      raises OutputError.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.
    - `observe`: is called with the counts of the run (AskTotals) while answers come. By default
      nothing is.

    Raises a PrefdataError: SourceError, DialectError, ConfigError, OutputError, LockedError,
    ModelError, and those of a server that cannot be used.
    """
    plan = _plan(sources, out, config, own_asker=asker is not None)
    with _run(plan, plan.out, report, force=force) as output:
        read = _read(plan, output)
        with AnswerStore(answers or answers_beside(plan.out)) as kept:
            asker = asker or _asker(plan)
            files = tuple(map(Path, batch_in))
            purse = Purse(asker, kept, plan.config.limits, report, observe, files)
            bench = _offered(_bench(plan, read), purse)
            pairs, cut = _asked(bench, purse)
            judging = Judging(bench, read, pairs, cut, kept, purse.stopped_by)
            return write_judging(output, judging)


@in_our_words
def dry_judge(
    sources: Sources = (),
    *,
    out: str | Path,
    config: JudgeConfig | Mapping[str, Any] | str | Path | None = None,
    answers: str | Path | None = None,
    report: Report = silent,
) -> DryRun:
    """What `judge` would ask for, and what that costs at most; nothing is asked, nothing written.

    Repairs are not foreseen. Raises what `judge` raises of sources and config.
    """
    plan = _plan(sources, out, config)
    path = Path(answers or answers_beside(plan.out))
    limits = plan.config.limits
    with _without_output(plan, report) as output, ExitStack() as stack:
        read = _read(plan, output)
        bench = _bench(plan, read)
        kept = stack.enter_context(AnswerStore(path)) if path.exists() else None
        if kept is not None:
            bench = _offered(bench, Purse(None, kept, limits, report))
        requests = (bench.request(trial) for trial in _foreseen(bench))
        told = estimate(once_each(requests), kept, limits)
        return DryRun(
            settings=(setting_of(bench),),
            counts=judging_counts(read, wanted=told.wanted, answered=told.known),
            missing=told.completions,
            requests=told.requests,
            prompt_tokens=(told.prompt_tokens, told.prompt_tokens_singly),
            completion_tokens=told.completion_tokens,
            cost=told.cost if limits.prices else None,
        )


@in_our_words
def write_judge_batch(
    sources: Sources = (),
    *,
    out: str | Path,
    to: str | Path,
    config: JudgeConfig | Mapping[str, Any] | str | Path | None = None,
    answers: str | Path | None = None,
    batch_in: Sequence[str | Path] = (),
    report: Report = silent,
) -> int:
    """Writes what is missing as a batch file, for a batch service; returns its lines.

    After the results of one file there may be another: repairs, and the next round of a budget.
    Raises what `judge` raises of sources and config, and OutputError for a file that exists.
    """
    plan = _plan(sources, out, config)
    with _without_output(plan, report) as output:
        read = _read(plan, output)
        with AnswerStore(answers or answers_beside(plan.out)) as kept:
            files = tuple(map(Path, batch_in))
            purse = Purse(None, kept, plan.config.limits, report, results=files)
            _asked(_offered(_bench(plan, read), purse), purse)
            return batch_out(purse.everything, kept, Path(to), plan.config.limits)


@dataclass(frozen=True)
class _Plan:
    """What is to be done. `asked`, `called`: the model, in requests and in outputs."""

    places: Sequence[Place]
    out: Path
    config: JudgeConfig
    model: str
    asked: str
    called: str


def _plan(
    sources: Sources,
    out: str | Path,
    config: JudgeConfig | Mapping[str, Any] | str | Path | None,
    *,
    own_asker: bool = False,
) -> _Plan:
    config = given_options(JudgeConfig, config)
    places = given_places(sources) or list(config.sources)
    if not places and config.suspects is not None:
        places = [config.suspects]
    if not places:
        raise ConfigError("sources: name completions to judge: files, folders, globs or URLs")
    model = config.model
    if model is None:
        raise ConfigError("model: name the model that judges (--model)")
    if not Path(out).name:
        raise OutputError(f"--out {str(out)!r} names no folder")
    _template(config)  # before anything is read
    load_rubric(config.rubric)
    if own_asker:
        return _Plan(places, Path(out), config, model, model, model)
    asked = called_in_requests(model, config.server)
    return _Plan(places, Path(out), config, model, asked, called_in_outputs(model, config.server))


def _asker(plan: _Plan) -> Asker:
    return asker_for(plan.model, plan.config.server, plan.config.local)


@contextmanager
def _run(plan: _Plan, out: Path, report: Report, *, force: bool = False) -> Iterator[OutputRun]:
    opening = partial(open_sources, decided=False)  # no pairs are made, so no criterion decides
    with output_run(
        plan.places,
        out,
        plan.config.build,
        force=force,
        workers=1,
        opening=opening,
        report=report,
    ) as output:
        yield output


@contextmanager
def _without_output(plan: _Plan, report: Report) -> Iterator[OutputRun]:
    """A run that publishes nothing, and leaves the place of the output as it is."""
    with scratch_folder() as scratch, _run(plan, scratch / "out", report) as output:
        yield output


def _read(plan: _Plan, output: OutputRun) -> ReadSubjects:
    """What is judged. Raises DataError if nothing is."""
    config = plan.config
    suspected = suspected_places(Path(config.suspects)) if config.suspects is not None else None
    found = [(item.source, item.match) for item in output.run.opened.found]
    read = read_subjects(found, config.read, config.kind, suspected, output.run.report)
    if not read.subjects:
        reasons: dict[str, int] = {"quarantined": read.quarantined} if read.quarantined else {}
        for _, reason in read.dropped:
            reasons[reason] = reasons.get(reason, 0) + 1
        told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items()) or "no rows"
        raise DataError(
            f"none of the {read.rows:,} rows read can be judged ({told}). {_first(output, read)}A "
            "row needs a prompt and two or more different completions."
        )
    return read


def _first(output: OutputRun, read: ReadSubjects) -> str:
    """Where the first row stands that cannot be read, and why."""
    for item, source in zip(output.run.opened.found, read.sources, strict=True):
        for raw, fault in source.unread:
            at = f"{item.source.name}:{raw.source_row}"
            return f"The first: {at} {fault.reason}: {fault.evidence}. "
    return ""


def _bench(plan: _Plan, read: ReadSubjects) -> Bench:
    """All that requests follow from, but for what the server takes."""
    config = plan.config
    rubric = load_rubric(config.rubric)
    return Bench(read.subjects, config, rubric, plan.asked, plan.called, _template(config))


def _offered(bench: Bench, purse: Purse) -> Bench:
    """The same with what the server takes, which may have to be asked."""
    rating = bench.config.kind == "rating"
    return with_offers(bench, Trial(0, (0,) if rating else (0, 1)), purse)


def _asked(bench: Bench, purse: Purse) -> tuple[list[Pair], list[Pair]]:
    """Asks for everything that is wanted; returns the pairs, and those beyond the budget."""
    if bench.config.budget is not None:
        return ask_within_budget(bench, purse)
    ask_trials(bench, _foreseen(bench), purse)
    return ([], []) if bench.config.kind == "rating" else (all_pairs(_sizes(bench)), [])


def _foreseen(bench: Bench) -> list[Trial]:
    """The trials that are wanted; of a budget as many, though not all the same."""
    if bench.config.kind == "rating":
        return [
            Trial(number, (place,))
            for number, size in enumerate(_sizes(bench))
            for place in range(size)
        ]
    pairs = all_pairs(_sizes(bench))
    if bench.config.budget is not None:
        first = connecting_pairs(_sizes(bench))
        pairs = list(dict.fromkeys([*first, *pairs]))[: bench.config.budget]
    return both_orders(pairs)


def _sizes(bench: Bench) -> list[int]:
    return [len(subject.completions) for subject in bench.subjects]


def _template(config: JudgeConfig) -> Template | None:
    """The template of the user; None: one of prefdata's. Raises ConfigError."""
    if config.template in OWN_TEMPLATES:
        return None
    path = Path(config.template)
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(LONGEST_TEMPLATE + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"template: {path}: cannot be read ({error}). Write auto, en, zh, or the name of a file"
        ) from error
    return template_of(text, config.kind, str(path))
