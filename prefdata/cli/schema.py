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
    """Print the JSON Schema of what goes in and comes out.

    Records, judgements, build configs, manifests, verdicts, metrics of reward models, scores, audit
    reports, the agreement of judges, projects of annotation, configs of collect and judge, rubrics,
    reports on judges, manifests of what collect and judge write, and the rows of the folders
    ledger, dropped and quarantine.
    """
    from prefdata.pipeline.schemas import schema_text

    click.echo(schema_text(name), nl=False)
