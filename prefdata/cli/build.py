"""The command `prefdata build`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import audit as auditing
from prefdata.cli.options import shared as options
from prefdata.cli.options.knobs import knob
from prefdata.cli.running import built
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command()
@options.sources
@click.option(
    "--out", required=True, type=click.Path(), help="Output folder; created by the build."
)
@options.shards
@options.rules
@options.comparing
@knob("split.test", "--test")
@knob("split.validation", "--validation")
@options.dividing
@auditing.deciding
@options.replacing
@options.running
def build(sources: tuple[str, ...], **given: Any) -> None:
    """Build a dataset from preference files, with every row accounted for.

    \b
    prefdata build raw/*.jsonl --out dataset
    prefdata build --config build.yaml --out dataset

    Rows are checked by rules, and compared with each other (exact duplicates, near-duplicates,
    contradictory labels) and, with --against, with evaluation sets. Then they are split so that
    connected prompts stay in one split. With --audit, the labels are audited, too. A build that was
    stopped resumes when the same command is run again.
    """
    options.start_workers_early(sources, given["workers"], BUILDING)
    from prefdata.pipeline.build import build as run

    config = options.configured(given, **auditing.turned(given))
    auditing.refuse_idle(given, config)
    built(run, sources, config, given)
