"""The command `prefdata verify`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from prefdata.results.collection import CollectionCounts
    from prefdata.results.manifest import Counts


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def verify(out: str, as_json: bool) -> int:
    """Check an output folder: checksums, row counts, and that every row is accounted for.

    Exit code 0: the folder matches its manifest; 1: it does not, and the differences are listed.
    """
    from prefdata.cli.show.lines import clean
    from prefdata.pipeline.verify import verify as run

    result = run(out)
    counts = result.manifest.counts
    if as_json:
        problems = {
            "sound": not result.problems,
            "problems": result.problems,
            "remarks": result.remarks,
        }
        click.echo(json.dumps(problems | {"counts": counts.model_dump()}, indent=2))
    elif result.problems:
        for problem in result.problems:
            click.echo(clean(problem))
        click.echo(f"Not sound: {len(result.problems)} of these.")
    else:
        for remark in result.remarks:
            click.echo(f"Note: {remark}", err=True)
        click.echo(f"Sound: {_said(counts)}; {len(result.manifest.files)} files match.")
    return 1 if result.problems else 0


def _said(counts: Counts | CollectionCounts) -> str:
    from prefdata.results.collection import CollectionCounts, collection_equation
    from prefdata.results.manifest import equation

    return collection_equation(counts) if isinstance(counts, CollectionCounts) else equation(counts)
