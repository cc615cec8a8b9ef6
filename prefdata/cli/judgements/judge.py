"""The command `prefdata judge`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli.options import asking
from prefdata.cli.options import shared as options
from prefdata.cli.options.knobs import in_order, knob, knobs_given
from prefdata.cli.running import logged
from prefdata.config.judge import JudgeConfig, load_judge, usual_rubric
from prefdata.errors import DataError, UsageError

if TYPE_CHECKING:
    from prefdata.results.judging import JudgeResult

_key = partial(knob, of=JudgeConfig)

_PLAIN = (
    *("model", "kind", "template", "rubric", "reasoning", "structured", "logprobs", "budget"),
    *("rounds", "suspects", "temperature", "seed", "completion_tokens"),
)
"""Keys of the config without a dot."""

_asked = in_order(
    _key("model", "--model", metavar="NAME"),
    _key("kind", "--kind"),
    _key("template", "--template", metavar="NAME"),
    _key("rubric", "--rubric", path=click.Path(exists=True, dir_okay=False)),
    _key("reasoning", "--reasoning"),
    _key("budget", "--budget", metavar="PAIRS"),
    _key("rounds", "--rounds"),
    _key("suspects", "--suspects", path=click.Path(exists=True, file_okay=False)),
    _key("structured", "--structured"),
    _key("logprobs", "--logprobs"),
    _key("temperature", "--temperature"),
    _key("seed", "--seed"),
    _key("completion_tokens", "--completion-tokens"),
)

_reading = in_order(
    _key("read.dialect", "--dialect", metavar="NAME"),
    _key("read.label", "--label", metavar="MEANING"),
    click.option(
        "--map", "mapping", metavar="PART=FIELD,...",
        help="Which field holds what: prompt=query,completions=answers.",
    ),
)  # fmt: skip

_printing = in_order(
    click.option(
        "--print-template", is_flag=True,
        help="Print the instructions that the model gets, to copy and change; send nothing.",
    ),
    click.option(
        "--print-rubric", is_flag=True,
        help="Print the default criteria and their anchors, to copy and change; send nothing.",
    ),
)  # fmt: skip


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--out", type=click.Path(), help="Output folder; created at the end.")
@options.config_file(
    help="Config in YAML (`prefdata schema judge`); options on the command line take precedence."
)
@_asked
@_reading
@asking.asking(JudgeConfig)
@asking.keeping
@_printing
@click.option("--force", is_flag=True, help="Replace OUT; the answers saved beside it are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress and no summary.")
def judge(sources: tuple[str, ...], **given: Any) -> None:
    """Judge completions with a language model, and measure how reliable it is.

    \b
    prefdata judge completions --out judged --model qwen --base-url http://127.0.0.1:8000/v1
    prefdata judge raw.jsonl --out judged --model ./smollm2 --budget 500
    prefdata judge --suspects dataset --out judged --model qwen --base-url http://...
    prefdata judge completions --out judged --model qwen --kind rating --rubric rubric.yaml

    Each pair is judged in both orders; if the verdict changes with the order, it is a tie.
    `prefdata build OUT` makes pairs of the verdicts. OUT/report.json says how consistent the judge
    is, how order and length influence it, and how well it agrees with labels in the sources. Every
    reply is saved in OUT.answers.sqlite: the same command continues where it was stopped. The API
    key is read from the environment (OPENAI_API_KEY, or --key-env).
    """
    config = load_judge(_given(given), given["config_file"])
    if given["print_rubric"]:
        click.echo(usual_rubric(), nl=False)
    elif given["print_template"]:
        _print_template(config)
    else:
        _demand(sources, config, given)
        _run(sources, config, given)


def _given(given: dict[str, Any]) -> dict[str, Any]:
    """The options as changes of the config, by dotted key."""
    changes = {name: given[name] for name in _PLAIN if given[name] not in (None, ())}
    changes |= knobs_given(given) | asking.priced(given)
    if given["mapping"] is not None:
        changes["read.map"] = options.pairs(given["mapping"].split(","), "--map")
    if given["dry_run"] and given["batch_out"]:
        raise UsageError("--dry-run and --batch-out: pass one of the two")
    return changes


def _demand(sources: tuple[str, ...], config: JudgeConfig, given: dict[str, Any]) -> None:
    if given["out"] is None:
        raise click.UsageError("Missing option '--out'.")
    if not sources and not config.sources and config.suspects is None:
        raise click.UsageError(
            "Missing argument 'SOURCES...': name files, folders, globs, URLs, or - for stdin."
        )


def _print_template(config: JudgeConfig) -> None:
    from prefdata.transforms.judging.template import own_template_text

    language = config.template if config.template in ("en", "zh") else "en"
    click.echo(own_template_text(config.kind, language), nl=False)


def _run(sources: tuple[str, ...], config: JudgeConfig, given: dict[str, Any]) -> None:
    if given["dry_run"]:
        _say_what_is_missing(sources, config, given)
    elif given["batch_out"] is not None:
        _write_batch(sources, config, given)
    else:
        _judge(sources, config, given)


def _say_what_is_missing(
    sources: tuple[str, ...], config: JudgeConfig, given: dict[str, Any]
) -> None:
    from prefdata.cli.show.judging import show_dry_judge
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.collection.judge import dry_judge

    with progress(quiet=given["quiet"]) as report:
        told = dry_judge(
            sources, out=given["out"], config=config, answers=given["answers"], report=report
        )
    if given["as_json"]:
        click.echo(told.model_dump_json(indent=2))
    else:
        show_dry_judge(told)


def _write_batch(sources: tuple[str, ...], config: JudgeConfig, given: dict[str, Any]) -> None:
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.collection.judge import write_judge_batch

    with progress(quiet=given["quiet"]) as report, logged(quiet=given["quiet"]):
        lines = write_judge_batch(
            sources,
            out=given["out"],
            to=given["batch_out"],
            config=config,
            answers=given["answers"],
            batch_in=given["batch_in"],
            report=report,
        )
    if given["as_json"]:
        click.echo(f'{{"lines": {lines}}}')
    elif not given["quiet"]:
        click.echo(
            f"{given['batch_out']}: {lines:,} requests. Give it to the batch service; then run the "
            "same command with --batch-in RESULTS instead of --batch-out. Where replies cannot be "
            "read, or a budget goes on, pass both: what is missing then goes into another file."
        )


def _judge(sources: tuple[str, ...], config: JudgeConfig, given: dict[str, Any]) -> None:
    from prefdata.cli.show.collection import AskingNote
    from prefdata.cli.show.judging import show_judging
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.collection.judge import judge as run

    note = AskingNote()
    quiet = given["quiet"]
    with progress(quiet=quiet, note=note) as report, logged(quiet=quiet):
        result = run(
            sources,
            out=given["out"],
            config=config,
            answers=given["answers"],
            batch_in=given["batch_in"],
            force=given["force"],
            report=report,
            observe=note.observe,
        )
    if given["as_json"]:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_judging(result, given["out"])
    _refuse_nothing(result)


def _refuse_nothing(result: JudgeResult) -> None:
    """Raises DataError, which is exit code 1, if no verdict can be used."""
    counts = result.manifest.counts
    if counts.kept:
        return
    reasons = {**counts.failed, **counts.not_asked, **counts.left_out}
    told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    raise DataError(
        f"none of the {counts.wanted:,} verdicts wanted can be used ({told}). "
        "OUT/ledger/requests.jsonl says why of each, and OUT/dropped/answers.jsonl holds replies "
        "that could not be read."
    )
