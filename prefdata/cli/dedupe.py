"""The command `prefdata dedupe`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.running import built
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command()
@options.sources
@click.option(
    "--out", required=True, type=click.Path(), help="Output folder; created by the command."
)
@options.shards
@options.rules
@options.comparing
@options.replacing
@options.running
def dedupe(sources: tuple[str, ...], **given: Any) -> None:
    """Drop exact duplicates, near-duplicates and contradictory labels, with reasons.

    \b
    prefdata dedupe raw/*.jsonl --out clean
    prefdata dedupe raw/*.jsonl --out clean --near 0.7 --keep longest
    prefdata dedupe raw/*.jsonl --out clean --on prompt --against eval.jsonl

    The same as `prefdata build` with all rows in one split: OUT holds data, ledger, dropped rows
    and manifest. Every dropped row names the row that is kept, and
    `prefdata explain OUT --reason near-duplicate` shows the two side by side.
    """
    options.start_workers_early(sources, given["workers"], BUILDING)
    from prefdata.pipeline.dedupe import dedupe as run

    config = options.configured(given)
    built(run, sources, config, given)
