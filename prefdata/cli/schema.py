"""The command `prefdata schema`."""

from __future__ import annotations

import click

NAMES = (
    *("record", "judgement", "config", "manifest", "verdict", "metrics", "scores", "report"),
    *("agreement", "annotation", "collect", "collection", "judge", "rubric"),
    *("judging", "ledger", "dropped", "quarantine"),
)


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def schema(name: str) -> None:
    """Print the JSON Schema of a file that prefdata reads or writes.

    Records, judgements, build configs, manifests, verdicts, metrics of reward models, scores, audit
    reports, agreement of judges, annotation projects, configs of collect and judge, rubrics,
    reports on judges, manifests of collect and judge, and the rows of the folders ledger, dropped
    and quarantine.
    """
    from prefdata.pipeline.schemas import schema_text

    click.echo(schema_text(name), nl=False)
