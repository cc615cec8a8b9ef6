"""The command `prefdata gate`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli.options.knobs import knob
from prefdata.cli.options.shared import config_file
from prefdata.config.gate import GateConfig
from prefdata.config.load import options_of

if TYPE_CHECKING:
    from prefdata.results.gate import Gate

_limit = partial(knob, of=GateConfig)


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@config_file(
    help="Limits in YAML, named like these options; options on the command line take precedence."
)
@_limit("flipped", "--flipped", metavar="RATIO")
@_limit("accuracy", "--accuracy", metavar="A")
@_limit("auroc", "--auroc", metavar="A")
@_limit("kept", "--kept", metavar="RATIO")
@_limit("allow_unjudged", "--allow-unjudged")
@_limit("allow_unaudited", "--allow-unaudited")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
def gate(out: str, config_file: str | None, as_json: bool, **given: Any) -> int:
    """Decide from its audit whether an output folder may be published.

    \b
    prefdata gate dataset && prefdata push dataset ORG/NAME
    prefdata gate dataset --flipped 0.02 --accuracy 0.65

    Exit code 0: every criterion holds; 1: some do not, and the output says what to do.
    """
    from prefdata.pipeline.gate import gate as run

    limits = {name: value for name, value in given.items() if value is not None}
    config = options_of(GateConfig, limits, config_file)
    result = run(out, config)
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    else:
        _show(result)
    return 0 if result.passes else 1


def _show(result: Gate) -> None:
    from prefdata.cli.show.lines import clean

    for criterion in sorted(result.criteria, key=lambda criterion: not criterion.holds):
        verdict = "holds" if criterion.holds else "FAILS"
        click.echo(f"{verdict}  {criterion.name:9}  {clean(criterion.says)}")
        if not criterion.holds:
            click.echo(f"       {'':9}  {criterion.to_do}.")
    if result.passes:
        click.echo("May be published.")
    else:
        names = ", ".join(criterion.name for criterion in result.failing)
        failing = f"{len(result.failing)} of {len(result.criteria)}"
        click.echo(f"Not to be published: {failing} criteria do not hold ({names}).")
