"""Options that several commands share, and the config that they result in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from prefdata.cli.options.knobs import in_order, knob, knobs_given
from prefdata.config.load import load_config, overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import UsageError
from prefdata.pipeline.run.worker_modules import LARGE

config_file = partial(
    click.option, "--config", "config_file", type=click.Path(exists=True, dir_okay=False)
)

sources = in_order(
    click.argument("sources", nargs=-1),
    config_file(help="Build config in YAML; options on the command line take precedence."),
    knob("read.dialect", "--dialect", metavar="NAME"),
    knob("read.label", "--label", metavar="MEANING"),
    click.option(
        "--map", "mapping", metavar="PART=FIELD,...",
        help="Which field holds what: prompt=query,chosen=best,rejected=worst. A field may be a "
        "path (prompt=input.messages) or a choice of fields, of which the first with a "
        "value is used (prompt=prompt|question).",
    ),
    knob("read.cut", "--cut"),
    knob("read.source_root", "--source-root", metavar="FOLDER"),
    knob("read.pairs.take", "--pairs"),
    knob("read.pairs.min_gap", "--min-gap", metavar="NUMBER"),
    knob("read.pairs.ties", "--ties"),
    knob("read.pairs.criterion", "--criterion", metavar="NAME"),
    knob("read.pairs.votes", "--votes"),
)  # fmt: skip
"""SOURCES..., --config, how sources are read and named, and how judgements become pairs."""

shards = knob("shards.to", "--to")

comparing = in_order(
    knob("near.threshold", "--near", metavar="SIMILARITY"),
    knob("near.on", "--on"),
    knob("near.keep", "--keep", note="source with --prefer"),
    knob("near.prefer", "--prefer", metavar="SOURCE"),
    knob("labels.conflict", "--conflict"),
    knob("labels.cycles", "--cycles"),
    knob("against.files", "--against", metavar="FILE"),
    knob("against.field", "--against-field", metavar="FIELD"),
)
"""Options on duplicates, contradicting labels and evaluation sets."""

dividing = click.option(
    "--resplit", is_flag=True,
    help="Split all rows anew. Without this option, splits given by file names, folder names or "
    "a field named split are kept.",
)  # fmt: skip
"""--resplit."""

rule = click.option(
    "--rule", "levels", multiple=True, metavar="CODE=LEVEL",
    help="Set a rule to error, warning, note or off; may be repeated.",
)  # fmt: skip

rules = in_order(
    rule,
    knob("read.media", "--media"),
    knob("check.tokenizer", "--tokenizer", metavar="PATH"),
    knob("check.max_length", "--max-length"),
)
"""--rule, --media, --tokenizer and --max-length."""

replacing = in_order(
    click.option(
        "--force", is_flag=True, help="Always replace the output folder of an earlier run."
    ),
    click.option(
        "--update", is_flag=True,
        help="Replace the output folder only if sources, config, models or versions have "
        "changed since it was made; otherwise leave it as it is.",
    ),
)  # fmt: skip
"""--force and --update."""

running = in_order(
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Number of worker processes; by default one for each core.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout."),
    click.option("--quiet", "-q", is_flag=True, help="Show no progress and no summary."),
)
"""--workers, --json and --quiet."""


def start_workers_early(
    sources: tuple[str, ...], workers: int | None, modules: tuple[str, ...]
) -> None:
    """Starts the server of the workers, if it is sure to be needed.

    It then imports `modules` while this process imports its own.
    """
    if (workers or os.cpu_count() or 1) == 1:
        return
    files = [path for path in map(Path, sources) if path.is_file()]
    if sum(path.stat().st_size for path in files) >= LARGE:
        from prefdata.engines.server import may_have_workers, server

        if may_have_workers():
            with suppress(OSError):  # the engine tries again, and says so
                server(modules)


def configured(given: Mapping[str, Any], **besides: Any) -> BuildConfig:
    """The config of --config, or the default one, changed by the given options.

    `besides`: further changes, by dotted key.
    """
    file, mapping, levels = given.get("config_file"), given["mapping"], given.get("levels")
    config = load_config(file) if file else BuildConfig()
    changes = knobs_given(given) | besides
    if given.get("resplit"):
        changes["split.published"] = "ignore"
    if mapping is not None:
        changes["read.map"] = pairs(mapping.split(","), "--map")
    if levels:
        changes["check.rules"] = {**config.check.rules, **pairs(levels, "--rule")}
    return overridden(config, changes) if changes else config


def one_device(given: Mapping[str, Any]) -> dict[str, Any]:
    """The config change that makes --device apply to encoders as well, by dotted key."""
    device = given["reward.backbone.device"]
    return {} if device is None else {"encoder.device": device}


def pairs(texts: list[str] | tuple[str, ...], option: str) -> dict[str, str]:
    """`NAME=VALUE` texts as a dict. Raises UsageError for a text of another form."""
    split = [text.partition("=") for text in texts]
    for name, equals, value in split:
        if not (name.strip() and equals and value.strip()):
            raise UsageError(f"{option} {name}{equals}{value}: write NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in split}


def required(sources: tuple[str, ...], config: BuildConfig) -> None:
    """Raises click.UsageError if neither the command line nor the config names a source."""
    if not sources and not config.sources:
        raise click.UsageError(
            "Missing argument 'SOURCES...': name files, folders, globs, URLs, or - for stdin."
        )
