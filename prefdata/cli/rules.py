"""The command `prefdata rules`."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The rules as JSON on stdout.")
def rules(as_json: bool) -> None:
    """List every rule: its code, its level, what it finds and how to fix it.

    Set a level in the config (`check: rules: {CODE: off}`) or with --rule CODE=LEVEL.
    """
    from prefdata.cli.show.tables import show_rules
    from prefdata.rules.registry import ALL_RULES

    if as_json:
        keys = ("code", "level", "summary", "fix")
        listed = [{key: getattr(rule, key) for key in keys} for rule in ALL_RULES]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
    else:
        show_rules(ALL_RULES)
