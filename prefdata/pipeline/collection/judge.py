"""Has a language model judge completions: `prefdata judge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from prefdata.config.judge import JudgeConfig, load_judge, load_rubric
from prefdata.errors import ConfigError, DataError
from prefdata.foreign_errors import in_our_words
from prefdata.io.answers.answers import Answers
from prefdata.pipeline.collection.judge_output import Judging, write_judging
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.output_run import Run, output_run
from prefdata.results.judging import JudgeResult
from prefdata.steps.asking.ask import Asker
from prefdata.steps.judge.asking import (
    Purse,
    ask_trials,
    ask_within_budget,
    both_orders,
    offers_of,
)
from prefdata.steps.judge.bench import Bench, Trial
from prefdata.steps.judge.read_subjects import ReadSubjects, read_subjects
from prefdata.steps.judge.suspects import suspected_places
from prefdata.steps.progress import Report, silent
from prefdata.transforms.judging.design import Pair, all_pairs
from prefdata.transforms.judging.template import LONGEST_TEMPLATE, Template, template_of

OWN_TEMPLATES = ("auto", "en", "zh")


@in_our_words
def judge(
    sources: str | Path | Sequence[str | Path] = (),
    *,
    out: str | Path,
    config: JudgeConfig | Mapping[str, Any] | None = None,
    answers: str | Path | None = None,
    asker: Asker | None = None,
    force: bool = False,
    report: Report = silent,
) -> JudgeResult:
    """Judges completions by a language model, and says how far it can be trusted.

    `answers`: the file that keeps every reply, by default beside `out`; the same command asks for
    what is missing in it. `asker`: what answers in place of the server or model that the config
    names. An existing output is replaced with `force`.

    Raises a PrefdataError: SourceError, DialectError, ConfigError, OutputError, LockedError, and
    those of a server that cannot be used.
    """
    config = config if isinstance(config, JudgeConfig) else load_judge(config)
    out = Path(out)
    places = sources_of(sources, config)
    with output_run(
        places, out, config.build, force=force, opening=judged_sources, report=report, workers=1
    ) as output, ExitStack() as stack:  # fmt: skip
        read = read_completions_of(output.run, config)
        kept = stack.enter_context(Answers(answers or answers_beside(out)))
        asker = asker or asker_of(config, stack)
        purse = Purse(asker, kept, config.limits, report)
        bench = bench_of(config, read, purse)
        pairs, cut = asked_of(bench, purse)
        judging = Judging(bench, read, pairs, cut, kept, purse.stopped_by)
        return write_judging(output, judging)


judged_sources = partial(open_sources, decided=False)
"""Opens sources of completions: no pairs are made, so that no criterion has to decide."""


def sources_of(sources: str | Path | Sequence[str | Path], config: JudgeConfig) -> list[str]:
    """The sources given, those of the config, or the folder whose audit suspects rows.

    Raises ConfigError if there are none, or if no model is named.
    """
    several = [sources] if isinstance(sources, str | Path) else sources
    given = [str(source) for source in several] or list(config.sources)
    if not given and config.suspects is not None:
        given = [config.suspects]
    if not given:
        raise ConfigError("sources: name completions to judge: files, folders, globs or URLs")
    if config.model is None:
        raise ConfigError("model: name the model that judges (--model)")
    return given


def answers_beside(out: Path) -> Path:
    """The file of answers of an output folder."""
    return out.absolute().with_name(f"{out.absolute().name}.answers.sqlite")


def asker_of(config: JudgeConfig, stack: ExitStack) -> Asker:
    """The server, or the model in this process, that the config names."""
    if config.server is not None:
        from prefdata.clients.server import ChatServer

        return ChatServer(config.server)
    raise ConfigError("server: name one (--base-url)")


def read_completions_of(run: Run, config: JudgeConfig) -> ReadSubjects:
    """What is judged. Raises DataError if nothing is."""
    suspected = suspected_places(Path(config.suspects)) if config.suspects is not None else None
    found = [(item.source, item.match) for item in run.opened.found]
    read = read_subjects(found, config.read, config.kind, suspected, run.report)
    if not read.subjects:
        reasons: dict[str, int] = {"quarantined": read.quarantined} if read.quarantined else {}
        for _, reason in read.dropped:
            reasons[reason] = reasons.get(reason, 0) + 1
        told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items()) or "no rows"
        raise DataError(
            f"none of the {read.rows:,} rows read can be judged ({told}). A row needs a prompt and "
            "two or more different completions."
        )
    return read


def bench_of(config: JudgeConfig, read: ReadSubjects, purse: Purse) -> Bench:
    """All that requests follow from; asks the server once what it takes."""
    template = template_in(config)
    rubric = load_rubric(config.rubric)
    return Bench(read.subjects, config, rubric, offers_of(config, purse), template)


def asked_of(bench: Bench, purse: Purse) -> tuple[list[Pair], list[Pair]]:
    """Asks for everything that is wanted; returns the pairs, and those beyond the budget."""
    if bench.config.kind == "rating":
        ask_trials(bench, ratings_wanted(bench), purse)
        return [], []
    if bench.config.budget is not None:
        return ask_within_budget(bench, purse)
    pairs = all_pairs([len(subject.completions) for subject in bench.subjects])
    ask_trials(bench, both_orders(pairs), purse)
    return pairs, []


def ratings_wanted(bench: Bench) -> list[Trial]:
    """A trial for every completion."""
    return [
        Trial(number, (place,))
        for number, subject in enumerate(bench.subjects)
        for place in range(len(subject.completions))
    ]


def template_in(config: JudgeConfig) -> Template | None:
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
