"""The command `prefdata diff`."""

from __future__ import annotations

import click


@click.command()
@click.argument("before", type=click.Path(exists=True, file_okay=False))
@click.argument("after", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--examples",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    metavar="N",
    help="Rows to show of each change.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write all changes, a line each: FILE.parquet, FILE.jsonl or FILE.csv.",
)
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
def diff(before: str, after: str, examples: int, out: str | None, as_json: bool) -> int:
    """Compare two builds: rows that came, went, or changed verdict, split or label.

    \b
    prefdata diff dataset-monday dataset-tuesday
    prefdata diff old new --out changes.parquet

    Rows are matched by what they hold: a row that only moved did not change.

    Exit code 0: no row differs; 1: some do, and they are listed.
    """
    from prefdata.pipeline.diff import diff as run

    result = run(before, after, examples=examples, out=out)
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    else:
        from prefdata.cli.show.changes import show_changes

        show_changes(result)
    return 0 if result.is_same else 1
