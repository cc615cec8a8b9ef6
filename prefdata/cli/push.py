"""`prefdata push`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from prefdata.cli.show.lines import clean
from prefdata.config.push import PARTS

_ALL = "all"


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@click.argument("target")
@click.option(
    "--with",
    "parts",
    multiple=True,
    type=click.Choice([*PARTS, _ALL]),
    help="Part of OUT that goes along; may be repeated (none: data, card and manifest).",
)
@click.option(
    "--reward-model",
    type=click.Path(exists=True, file_okay=False),
    metavar="MODEL",
    help="Reward model of `prefdata train` that goes along, into reward_model/.",
)
@click.option(
    "--license", metavar="ID", help="Licence, as the Hub names it: apache-2.0, cc-by-4.0."
)
@click.option(
    "--private", is_flag=True, help="A private repository; one that is public is made so."
)
@click.option("--branch", metavar="NAME", help="Branch to publish to; made if not there (main).")
@click.option(
    "--revision",
    metavar="REV",
    help="Commit to build on: a new branch starts there, one that exists must still be there.",
)
@click.option("--tag", metavar="NAME", help="Name for what is published, such as v1.0.")
@click.option("--message", metavar="TEXT", help="Message of the commit.")
@click.option(
    "--hand-written",
    type=click.Choice(["local", "published"]),
    help="Whose text of the card stays, where people changed it here and there.",
)
@click.option("--replace", is_flag=True, help="Delete data there that prefdata did not publish.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; change nothing.")
@click.option("--no-verify", is_flag=True, help="Do not read back what was sent.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to try again while the service is unavailable (300).",
)
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no summary.")
def push(out: str, target: str, *, as_json: bool, quiet: bool, **given: Any) -> None:
    """Publish an output folder, checked before and read back after.

    \b
    prefdata push dataset ORG/NAME --license cc-by-4.0
    prefdata push dataset ORG/NAME --with ledger --with report --tag v1.0
    prefdata push dataset s3://bucket/dataset
    prefdata push dataset /mnt/shared/dataset

    TARGET is a repository on the Hugging Face Hub, an fsspec URL, or a folder, written with its
    beginning: /, ./ or ~. Parquet shards, dataset card and manifest appear there together, in one
    commit where there are commits. Pushed again, only what changed is sent, and what is stale
    goes; what was sent before a push was stopped is not sent again. The token is the one of
    `hf auth login`, or HF_TOKEN.

    Exit code 0: published; 1: OUT is not sound, or what is there is not what was sent; 2: refused;
    75: the service is unavailable, run the same command again.
    """
    from prefdata.cli.show.progress import progress
    from prefdata.cli.show.publication import show_publication
    from prefdata.config.load import options_of
    from prefdata.config.push import PushConfig
    from prefdata.pipeline.push import push as run

    config = options_of(PushConfig, _config(given))
    if config.license is None and not given["dry_run"]:
        config = config.model_copy(update={"license": _asked(out)})
    say = (lambda said: None) if quiet else _say
    with progress(quiet=quiet) as report:
        result = run(out, target, config=config, dry_run=given["dry_run"], report=report, say=say)
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_publication(result)


def _say(said: str) -> None:
    click.echo(clean(said), err=True)


def _asked(out: str) -> str | None:
    """The licence, of the person at the terminal, where neither config nor card names one."""
    from prefdata.pipeline.card import read_card
    from prefdata.transforms.card.text import license_of

    if not sys.stdin.isatty():
        return None
    card = read_card(Path(out))
    if card is not None and license_of(card):
        return None
    said: str = click.prompt(
        "Licence of the dataset, as the Hub names it (apache-2.0, cc-by-4.0 ...; empty: none)",
        default="", show_default=False, err=True, value_proc=_license,
    )  # fmt: skip
    return said or None


def _license(said: str) -> str:
    """What was typed; where it cannot be a licence, click says so and asks again."""
    from prefdata.config.section import license_name

    try:
        return said.strip() and license_name(said.strip())
    except ValueError as error:
        raise click.UsageError(f"{said!r} is {error}.") from error


def _config(given: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as the config names them."""
    parts = PARTS if _ALL in given["parts"] else tuple(dict.fromkeys(given["parts"]))
    named = {
        name: given[name]
        for name in (
            "reward_model", "license", "branch", "revision", "tag", "message", "hand_written",
            "patience",
        )
        if given[name] is not None
    }  # fmt: skip
    flags = {"private": given["private"], "replace": given["replace"]}
    return {**named, **flags, "parts": parts, "verify": not given["no_verify"]}
