"""The command `prefdata explain`."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@click.option("--row", type=click.IntRange(min=0), help="Number of the row in the run.")
@click.option("--source", metavar="FILE:LINE", help="Place of the row in its source.")
@click.option("--reason", metavar="CODE", help="Rows dropped, quarantined or flagged for a reason.")
@click.option(
    "--cluster",
    type=click.IntRange(min=0),
    help="Number of any row of a cluster: what represents it, and every copy against it.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Rows shown at most."
)
@click.option("--full", is_flag=True, help="Shorten no text, however long.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
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
    """Say what happened to a row of a build, and why, with the evidence and the text.

    \b
    prefdata explain dataset --row 17
    prefdata explain dataset --source raw/a.jsonl:42
    prefdata explain dataset --reason label-conflict
    prefdata explain dataset --cluster 17

    A row that another row is the reason for stands beside that one, in two columns where there
    are 100 to write in: [-what only the left one has-], {+what only the right one has+}.
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
