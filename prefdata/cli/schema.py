"""`prefdata schema`"""

from __future__ import annotations

import click


@click.command()
@click.argument("name", type=click.Choice(["record", "config", "manifest", "verdict"]))
def schema(name: str) -> None:
    """Print the JSON Schema of records, build configs, manifests or verdicts."""
    from prefdata.pipeline.schemas import schema_text

    click.echo(schema_text(name), nl=False)
