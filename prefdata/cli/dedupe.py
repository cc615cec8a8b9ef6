"""`prefdata dedupe`"""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli import options
from prefdata.pipeline.worker_modules import BUILDING


@click.command()
@options.sources
@click.option("--out", required=True, type=click.Path(), help="Output folder; made by the command.")
@options.comparing
@click.option("--to", type=click.Choice(["arrow", "parquet"]), help="Format of the shards (arrow).")
@options.rules
@click.option("--force", is_flag=True, help="Replace an output folder of an earlier run.")
@options.running
def dedupe(
    sources: tuple[str, ...],
    config_file: str | None,
    dialect: str | None,
    mapping: str | None,
    levels: tuple[str, ...],
    out: str,
    force: bool,
    workers: int | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Drop copies, near-copies and contradictions, with reasons.

    \b
    prefdata dedupe raw/*.jsonl --out clean
    prefdata dedupe raw/*.jsonl --out clean --near 0.7 --keep longest
    prefdata dedupe raw/*.jsonl --out clean --on prompt --against eval.jsonl

    The same as `prefdata build` with everything in one split: OUT holds data, ledger, dropped
    rows and manifest. Every dropped row names the one that stays, and
    `prefdata explain OUT --reason near-duplicate` shows them side by side.
    """
    options.start_workers_early(sources, workers, BUILDING)
    from prefdata.cli.show import progress, show_manifest
    from prefdata.pipeline.dedupe import dedupe as run

    config = options.configured(
        config_file,
        dialect=dialect,
        mapping=mapping,
        levels=levels,
        shards__to=given["to"],
        check__tokenizer=given["tokenizer"],
        check__max_length=given["max_length"],
        **options.compared(given),
    )
    options.required(sources, config)
    with progress(quiet=quiet or as_json) as report:
        manifest = run(sources, out=out, config=config, workers=workers, force=force, report=report)
    if as_json:
        click.echo(manifest.model_dump_json(indent=2))
    elif not quiet:
        show_manifest(manifest, out)
