"""The command `prefdata explain`."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@click.option("--row", type=click.IntRange(min=0), help="Row number in the build.")
@click.option("--source", metavar="FILE:LINE", help="Position of the row: source file and line.")
@click.option(
    "--reason",
    metavar="CODE",
    help="Rows that were dropped, quarantined or flagged for this reason.",
)
@click.option(
    "--cluster",
    type=click.IntRange(min=0),
    help="Row number of any member of a cluster: shows the row that was kept, and each "
    "duplicate beside it.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Maximum number of rows to show.",
)
@click.option("--full", is_flag=True, help="Show long texts in full.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def explain(
    out: str,
    row: int | None,
    source: str | None,
    reason: str | None,
    cluster: int | None,
    limit: int,
    full: bool,
    as_json: bool,
) -> None:
    """Show what happened to a row of a build, and why, with the evidence and the text.

    \b
    prefdata explain dataset --row 17
    prefdata explain dataset --source raw/a.jsonl:42
    prefdata explain dataset --reason label-conflict
    prefdata explain dataset --cluster 17

    If another row is the reason, both are shown: side by side if the terminal has 100 columns or
    more. [-only in the left row-], {+only in the right row+}.

    Row numbers count all rows of the run, from 0. LINE counts lines of the file, from 1: in a CSV
    file a cell with line breaks takes several, so a spreadsheet shows other numbers.
    """
    from dataclasses import asdict

    from prefdata.cli.show.explanation import show_cluster, show_explanations
    from prefdata.errors import UsageError
    from prefdata.pipeline.explain import Explanations
    from prefdata.pipeline.explain import explain as run
    from prefdata.pipeline.explanation.cluster import Cluster, explain_cluster

    result: Cluster | Explanations
    if cluster is None:
        result = run(out, row=row, source=source, reason=reason, limit=limit)
    elif (row, source, reason) == (None, None, None):
        result = explain_cluster(out, cluster, limit=limit)
    else:
        raise UsageError("--cluster goes without --row, --source and --reason")
    if as_json:
        click.echo(json.dumps(asdict(result), indent=2, ensure_ascii=False))
    elif isinstance(result, Cluster):
        show_cluster(result, full=full)
    else:
        show_explanations(result, out, full=full)
