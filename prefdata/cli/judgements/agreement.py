"""The command `prefdata agreement`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import shared as options


@click.command()
@options.sources
@options.running
def agreement(
    sources: tuple[str, ...],
    *,
    workers: int | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Measure how well judges agree, and how each of them judges.

    \b
    prefdata agreement votes/
    prefdata agreement votes.csv --map judge=worker --label 1=first,0=second
    prefdata agreement ratings.jsonl --json

    Prints Krippendorff's alpha with an interval, kappa of pairs of judges, and for every judge: the
    agreement with the others, the estimated share of right votes, the share of votes for the
    completion shown first, and the time between votes. All of it by criterion and by source.
    """
    from prefdata.cli.show.agreement import show_agreement
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.agreement import agreement as run

    config = options.configured(given)
    options.required(sources, config)
    with progress(quiet=quiet) as report:
        result = run(sources, config=config, workers=workers, report=report)
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_agreement(result)
    return 0
