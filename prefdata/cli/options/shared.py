"""Options that several commands share, and what they make of a config."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from prefdata.errors import UsageError

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig

Command = TypeVar("Command", bound=Callable[..., Any])


def sources(command: Command) -> Command:
    """SOURCES..., --config, --dialect and --map."""
    for decorate in (
        click.option(
            "--map", "mapping", metavar="PART=FIELD,...",
            help="Which field plays which part: prompt=query,chosen=best,rejected=worst.",
        ),
        click.option("--dialect", metavar="NAME", help="Read every source in this dialect."),
        click.option(
            "--config", "config_file", type=click.Path(exists=True, dir_okay=False),
            help="Build config in YAML; options given besides win.",
        ),
        click.argument("sources", nargs=-1),
    ):  # fmt: skip
        command = decorate(command)
    return command


def replacing(command: Command) -> Command:
    """--force and --update."""
    for decorate in (
        click.option(
            "--update", is_flag=True,
            help="Replace an output folder only if sources, config, models or versions have "
            "changed since it was made; else leave it as it is.",
        ),
        click.option(
            "--force", is_flag=True, help="Replace an output folder of an earlier run in any case."
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def running(command: Command) -> Command:
    """--workers, --json and --quiet."""
    for decorate in (
        click.option("--quiet", "-q", is_flag=True, help="No progress, no summary."),
        click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout."),
        click.option(
            "--workers", type=click.IntRange(min=1), help="Processes; all cores when not given."
        ),
    ):
        command = decorate(command)
    return command


def rules(command: Command) -> Command:
    """--rule, --tokenizer and --max-length."""
    for decorate in (
        click.option(
            "--max-length", type=click.IntRange(min=1),
            help="Tokens that the trainer keeps; used with --tokenizer (1024).",
        ),
        click.option(
            "--tokenizer", metavar="PATH",
            help="Tokenizer folder or name: adds the trainer's preflight.",
        ),
        click.option(
            "--rule", "levels", multiple=True, metavar="CODE=LEVEL",
            help="Set a rule to error, warning or off; may be repeated.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def comparing(command: Command) -> Command:
    """What is compared with what, and what becomes of it."""
    for decorate in (
        click.option(
            "--against-field", metavar="FIELD",
            help="Field of the evaluation files that holds the prompt; found out when not given.",
        ),
        click.option(
            "--against", multiple=True, metavar="FILE",
            help="Evaluation set that the prompts must not overlap; may be repeated.",
        ),
        click.option(
            "--cycles", type=click.Choice(["flag", "drop", "off"]),
            help="Labels of one prompt that go round in a circle (flag).",
        ),
        click.option(
            "--conflict",
            type=click.Choice(["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"]),
            help="The same two completions, or nearly, labelled both ways (drop-all).",
        ),
        click.option(
            "--prefer", multiple=True, metavar="SOURCE",
            help="Source (name or glob) whose rows stay, the most trusted first; may be repeated.",
        ),
        click.option(
            "--keep", type=click.Choice(["first", "longest", "margin", "source"]),
            help="Which of the rows that are alike stays (first; source with --prefer).",
        ),
        click.option(
            "--on", type=click.Choice(["pair", "prompt", "completion"]),
            help="What must be alike (pair: prompt and both completions).",
        ),
        click.option(
            "--near", type=click.FloatRange(0.3, 1), metavar="SIMILARITY",
            help="Jaccard similarity from which rows are alike, 0.3 to 1 (0.8).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def compared(given: dict[str, Any]) -> dict[str, Any]:
    """What `comparing` was given, as changes of a config."""
    keep = given["keep"] or ("source" if given["prefer"] else None)
    return {
        "near__threshold": given["near"],
        "near__on": given["on"],
        "near__keep": keep,
        "near__prefer": given["prefer"] or None,
        "labels__conflict": given["conflict"],
        "labels__cycles": given["cycles"],
        "against__files": given["against"] or None,
        "against__field": given["against_field"],
    }


LARGE = 64 << 20
"""Bytes of sources from which workers are sure to be wanted."""


def start_workers_early(
    sources: tuple[str, ...], workers: int | None, modules: tuple[str, ...]
) -> None:
    """Lets the server of the workers import its modules while this process imports its own."""
    if (workers or os.cpu_count() or 1) == 1:
        return
    files = [path for path in map(Path, sources) if path.is_file()]
    if sum(path.stat().st_size for path in files) >= LARGE:
        from prefdata.engines.server import server

        server(modules)


def configured(
    config_file: str | None,
    *,
    dialect: str | None,
    mapping: str | None,
    levels: tuple[str, ...] = (),
    **changes: Any,
) -> BuildConfig:
    """The config of a file with the options given laid over it; None means not given.

    `changes` are dotted keys with `__` for the dot, such as `split__test`.
    """
    from prefdata.config.load import load_config, overridden
    from prefdata.config.model import BuildConfig

    config = load_config(config_file) if config_file else BuildConfig()
    given: dict[str, Any] = {
        name.replace("__", "."): value for name, value in changes.items() if value is not None
    }
    if dialect is not None:
        given["read.dialect"] = dialect
    if mapping is not None:
        given["read.map"] = pairs(mapping.split(","), "--map")
    if levels:
        given["check.rules"] = {**config.check.rules, **pairs(levels, "--rule")}
    return overridden(config, given) if given else config


def pairs(texts: list[str] | tuple[str, ...], option: str) -> dict[str, str]:
    """`NAME=VALUE` texts as a dict."""
    split = [text.partition("=") for text in texts]
    for name, equals, value in split:
        if not (name.strip() and equals and value.strip()):
            raise UsageError(f"{option} {name}{equals}{value}: write NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in split}


def required(sources: tuple[str, ...], config: BuildConfig) -> None:
    """Raises a usage error when neither the command line nor the config names a source."""
    if not sources and not config.sources:
        raise click.UsageError(
            "Missing argument 'SOURCES...': name files, folders, globs, URLs, or - for stdin."
        )
