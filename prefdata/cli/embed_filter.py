"""The command `prefdata embed-filter`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import semantic
from prefdata.cli.options import shared as options
from prefdata.cli.running import built
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command("embed-filter")
@options.sources
@click.option("--out", type=click.Path(), help="Output folder; created by the command.")
@options.shards
@options.rules
@semantic.filters
@semantic.encoder
@click.option("--preview", is_flag=True, help="Show rows around each threshold; drop nothing.")
@click.option(
    "--rows", type=click.IntRange(1), default=6, show_default=True,
    help="Number of rows that --preview shows for each filter, half on each side of the threshold.",
)  # fmt: skip
@options.replacing
@options.running
def embed_filter(sources: tuple[str, ...], **given: Any) -> None:
    """Apply semantic filters: no contrast, off-topic, same meaning, like an evaluation set.

    \b
    prefdata embed-filter raw/*.jsonl --preview
    prefdata embed-filter raw/*.jsonl --out clean
    prefdata embed-filter raw/*.jsonl --out clean --contrast 0.97 --topic 1% --similar off
    prefdata embed-filter raw/*.jsonl --out clean --drop-like spam.jsonl --against eval.jsonl

    A threshold is a similarity (0.95), a share of the rows (0.5%: the most extreme ones), or off.
    By default, pairs without contrast and semantic near-duplicates are dropped, and off-topic
    completions and outliers are flagged. A filter that is named, by a threshold or by --only, drops
    what it finds, unless --config or --flag says otherwise. The right threshold depends on the
    encoder and on the data: look at --preview first.

    The same as `prefdata build` with all rows in one split and the semantic filters on.
    """
    from prefdata.pipeline.embed_filter import embed_filter as run
    from prefdata.pipeline.embed_filter import preview

    if not (given["out"] or given["preview"]):
        raise click.UsageError("Missing option '--out'. (Or --preview, which writes nothing.)")
    options.start_workers_early(sources, given["workers"], BUILDING)
    config = options.configured(semantic.besides_filters(given))
    config = semantic.filtered(config, given)
    if not given["preview"]:
        built(run, sources, config, given)
        return
    from prefdata.cli.show.preview import previewed

    previewed(preview, sources, config, given)
