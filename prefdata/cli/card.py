"""The command `prefdata card`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from prefdata.cli.show.lines import clean

if TYPE_CHECKING:
    from prefdata.pipeline.card import CardWritten


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--license",
    "license_",
    metavar="ID",
    help="Licence, by its name on the Hub: apache-2.0, cc-by-4.0, other. Later runs keep it.",
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Tag to add; may be repeated.")
@click.option("--print", "is_shown", is_flag=True, help="Print the card; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
@click.option("--quiet", "-q", is_flag=True, help="Show no summary.")
def card(
    out: str,
    license_: str | None,
    tags: tuple[str, ...],
    is_shown: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the dataset card of an output folder (OUT/README.md) again.

    \b
    prefdata card dataset --license cc-by-4.0
    prefdata card dataset --print

    Builds and audits also write it. Text that people wrote is kept: everything outside the marked
    blocks, and every metadata key at the top that prefdata does not write.
    """
    from prefdata.pipeline.card import card as run

    done = run(out, license=license_, tags=tags, dry_run=is_shown)
    if as_json:
        click.echo(done.model_dump_json(indent=2, exclude=None if is_shown else {"text"}))
    elif is_shown:
        click.echo(done.text, nl=False)
    elif not quiet:
        _say(done)


def _say(done: CardWritten) -> None:
    names = f"licence {clean(done.license)}" if done.license else "no licence (--license names one)"
    words = "; what people wrote stays" if done.has_hand_written else ""
    fate = "written" if done.is_changed else "unchanged"
    click.echo(f"{done.path}: {fate}, {names}{words}.")
    if done.replaced_edits:
        click.echo(
            "Text within the generated blocks had been changed, and was generated anew. Write "
            "outside of them: it stays there.",
            err=True,
        )
