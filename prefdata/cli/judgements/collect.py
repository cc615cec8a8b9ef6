"""The command `prefdata collect`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli.options import asking
from prefdata.cli.options import shared as options
from prefdata.cli.options.knobs import in_order, knob, knobs_given
from prefdata.cli.running import logged
from prefdata.config.collect import CollectConfig, load_collect
from prefdata.errors import DataError, UsageError

if TYPE_CHECKING:
    from prefdata.results.collection import CollectionManifest

_key = partial(knob, of=CollectConfig)

_PLAIN = ("model", "n", "temperature", "top_p", "seed", "completion_tokens", "stop", "system")
"""Keys of the config without a dot."""

_asked = in_order(
    _key("model", "--model", metavar="NAME"),
    _key("n", "--n"),
    _key("temperature", "--temperature"),
    _key("top_p", "--top-p"),
    _key("seed", "--seed"),
    _key("completion_tokens", "--completion-tokens"),
    _key("stop", "--stop", metavar="TEXT"),
    _key("system", "--system", metavar="TEXT"),
)

_reading = in_order(
    _key("read.dialect", "--dialect", metavar="NAME"),
    click.option(
        "--map", "mapping", metavar="PART=FIELD,...",
        help="Which field holds what: prompt=query,system=instructions.",
    ),
    _key("against.files", "--against", metavar="FILE"),
    _key("against.field", "--against-field", metavar="FIELD"),
    options.rule,
)  # fmt: skip


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--out", required=True, type=click.Path(), help="Output folder; created at the end.")
@options.config_file(
    help="Config in YAML (`prefdata schema collect`), which may define named settings; options on "
    "the command line take precedence."
)
@_asked
@_reading
@asking.asking(CollectConfig)
@asking.keeping
@click.option("--force", is_flag=True, help="Replace OUT; the answers saved beside it are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress and no summary.")
def collect(sources: tuple[str, ...], **given: Any) -> None:
    """Collect completions from language models, to be judged by people or models.

    \b
    prefdata collect prompts.jsonl --out completions --model ./smollm2 --n 4
    prefdata collect prompts.txt --out completions --model qwen --n 4 \\
        --base-url http://127.0.0.1:8000/v1 --temperature 0.7 --temperature 1.0
    prefdata collect raw/ --out completions --config collect.yaml --dry-run

    Prompts come from any file that prefdata reads (from preference data, only the prompts), from
    chat rows, and from text files with one prompt per line. Every answer is saved in
    OUT.answers.sqlite as soon as it arrives: the same command continues where it was stopped, and
    no answer is paid for twice. The API key is read from the environment (OPENAI_API_KEY, or
    --key-env).
    """
    config = load_collect(_given(given), given["config_file"])
    if not sources and not config.sources:
        raise click.UsageError(
            "Missing argument 'SOURCES...': name files, folders, globs, URLs, or - for stdin."
        )
    if given["dry_run"]:
        _say_what_is_missing(sources, config, given)
    elif given["batch_out"] is not None:
        _write_batch(sources, config, given)
    else:
        _collect(sources, config, given)


def _given(given: dict[str, Any]) -> dict[str, Any]:
    """The options as changes of the config, by dotted key."""
    changes = {name: given[name] for name in _PLAIN if given[name] not in (None, ())}
    changes |= knobs_given(given) | asking.priced(given)
    if given["mapping"] is not None:
        changes["read.map"] = options.pairs(given["mapping"].split(","), "--map")
    for code, level in options.pairs(given["levels"], "--rule").items():
        changes[f"rules.{code}"] = level
    if given["dry_run"] and given["batch_out"]:
        raise UsageError("--dry-run and --batch-out: pass one of the two")
    return changes


def _say_what_is_missing(
    sources: tuple[str, ...], config: CollectConfig, given: dict[str, Any]
) -> None:
    from prefdata.cli.show.collection import show_dry_run
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.collection.collect import dry_collect

    with progress(quiet=given["quiet"]) as report:
        told = dry_collect(
            sources, out=given["out"], config=config, answers=given["answers"], report=report
        )
    if given["as_json"]:
        click.echo(told.model_dump_json(indent=2))
    else:
        show_dry_run(told)


def _write_batch(sources: tuple[str, ...], config: CollectConfig, given: dict[str, Any]) -> None:
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.collection.collect import write_batch

    with progress(quiet=given["quiet"]) as report, logged(quiet=given["quiet"]):
        lines = write_batch(
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
            "same command with --batch-in RESULTS instead of --batch-out."
        )


def _collect(sources: tuple[str, ...], config: CollectConfig, given: dict[str, Any]) -> None:
    from prefdata.cli.show.collection import AskingNote, show_collection
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.collection.collect import collect as run

    note = AskingNote()
    quiet = given["quiet"]
    with progress(quiet=quiet, note=note) as report, logged(quiet=quiet):
        manifest = run(
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
        click.echo(manifest.model_dump_json(indent=2))
    elif not quiet:
        show_collection(manifest, given["out"])
    _refuse_nothing(manifest)


def _refuse_nothing(manifest: CollectionManifest) -> None:
    """Raises DataError, which is exit code 1, if no completion was kept."""
    counts = manifest.counts
    if counts.kept:
        return
    reasons = {**counts.failed, **counts.not_asked, **counts.left_out}
    told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    raise DataError(
        f"none of the {counts.wanted:,} completions wanted is kept ({told}). "
        "OUT/ledger/requests.jsonl says why of each; the same command with --force asks again for "
        "those that may come."
    )
