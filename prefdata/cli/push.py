"""The command `prefdata push`."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from prefdata.cli.options.knobs import knob
from prefdata.cli.options.shared import config_file
from prefdata.cli.show.lines import clean
from prefdata.config.load import options_of
from prefdata.config.push import PARTS, PushConfig

_ALL = "all"
_FOLDER = click.Path(exists=True, file_okay=False)
_knob = partial(knob, of=PushConfig)


@click.command()
@click.argument("out", type=_FOLDER)
@click.argument("target")
@config_file(
    help="Options in YAML, by their names in the config; options on the command line "
    "take precedence."
)
@click.option(
    "--with",
    "parts",
    multiple=True,
    type=click.Choice([*PARTS, _ALL]),
    help="Part of OUT to publish besides data, card and manifest; may be repeated.",
)
@_knob("reward_model", "--reward-model", metavar="MODEL", path=_FOLDER)
@_knob("license", "--license", metavar="ID")
@_knob("private", "--private")
@_knob("branch", "--branch", metavar="NAME")
@_knob("revision", "--revision", metavar="REV")
@_knob("tag", "--tag", metavar="NAME")
@_knob("message", "--message", metavar="TEXT")
@_knob("hand_written", "--hand-written")
@_knob("replace", "--replace")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; change nothing.")
@click.option("--no-verify", is_flag=True, help="Do not read back what was sent.")
@_knob("patience", "--patience", metavar="SECONDS")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress and no summary.")
def push(out: str, target: str, *, as_json: bool, quiet: bool, **given: Any) -> None:
    """Publish an output folder: check it before, and read it back afterwards.

    \b
    prefdata push dataset ORG/NAME --license cc-by-4.0
    prefdata push dataset ORG/NAME --with ledger --with report --tag v1.0
    prefdata push dataset s3://bucket/dataset
    prefdata push dataset /mnt/shared/dataset

    TARGET is a repository on the Hugging Face Hub, an fsspec URL, or a folder that begins with /,
    ./ or ~. Parquet shards, dataset card and manifest appear there together, in one commit if the
    target has commits. A second push sends only what changed, and deletes outdated files; a push
    that was stopped continues where it was. The token is that of `hf auth login`, or HF_TOKEN.

    If TARGET cannot be reached, --dry-run shows what is here, and says that nothing was compared.

    Exit code 0: published, or shown; 1: OUT is not sound, or the target does not hold what was
    sent; 2: refused; 75: the service is unavailable, run the same command again.
    """
    from prefdata.cli.show.progress import progress
    from prefdata.cli.show.publication import show_publication
    from prefdata.pipeline.push import push as run

    config = options_of(PushConfig, _config(given), given["config_file"])
    if config.license is None and not given["dry_run"]:
        config = config.model_copy(update={"license": _ask_for_licence(out)})
    say = (lambda message: None) if quiet else _say
    with progress(quiet=quiet) as report:
        result = run(out, target, config=config, dry_run=given["dry_run"], report=report, say=say)
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_publication(result)


def _say(message: str) -> None:
    click.echo(clean(message), err=True)


def _ask_for_licence(out: str) -> str | None:
    """Asks for a licence; None if the card has one, or if there is no terminal to ask at."""
    from prefdata.pipeline.card import read_card
    from prefdata.transforms.card.text import license_of

    if not sys.stdin.isatty():
        return None
    card = read_card(Path(out))
    if card is not None and license_of(card):
        return None
    answer: str = click.prompt(
        "Licence of the dataset, as the Hub names it (apache-2.0, cc-by-4.0 ...; empty: none)",
        default="", show_default=False, err=True, value_proc=_license,
    )  # fmt: skip
    return answer or None


def _license(answer: str) -> str:
    """Validates a typed licence. Raises click.UsageError, upon which click asks again."""
    from prefdata.config.section import license_name

    try:
        return answer.strip() and license_name(answer.strip())
    except ValueError as error:
        raise click.UsageError(f"{answer!r} is {error}.") from error


def _config(given: dict[str, Any]) -> dict[str, Any]:
    """The given options as values of PushConfig, by key."""
    known = {name: given.get(name) for name in PushConfig.model_fields}
    if given["parts"]:
        known["parts"] = PARTS if _ALL in given["parts"] else tuple(dict.fromkeys(given["parts"]))
    if given["no_verify"]:
        known["verify"] = False
    return {name: value for name, value in known.items() if value not in (None, ())}
