"""`prefdata explain`"""

from __future__ import annotations

import json

import click

from prefdata.cli.text import clean


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@click.option("--row", type=click.IntRange(min=0), help="Number of the row in the run.")
@click.option("--source", metavar="FILE:LINE", help="Place of the row in its source.")
@click.option("--reason", metavar="CODE", help="Rows dropped, quarantined or flagged for a reason.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Rows shown at most."
)
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
def explain(
    out: str, row: int | None, source: str | None, reason: str | None, limit: int, as_json: bool
) -> None:
    """Say what happened to a row of a build, and why, with the evidence and the text.

    \b
    prefdata explain dataset --row 17
    prefdata explain dataset --source raw/a.jsonl:42
    prefdata explain dataset --reason label-conflict
    """
    from dataclasses import asdict

    from prefdata.cli.show import show_explanation
    from prefdata.pipeline.explain import explain as run

    found = run(out, row=row, source=source, reason=reason, limit=limit)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    for explanation in found.shown:
        show_explanation(explanation)
    if found.matching > len(found.shown):
        rest = f"{len(found.shown)} of {found.matching} rows shown; --limit shows more."
        click.echo(clean(rest))
