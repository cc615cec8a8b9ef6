"""The command `prefdata inspect`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.running import refuse_nothing_left
from prefdata.cli.show.lines import clean
from prefdata.errors import DataError


@click.command()
@options.sources
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Rows to show from each file.",
)
@click.option(
    "--all",
    "every_row",
    is_flag=True,
    help="Count words and detect languages in every row, not only in a sample.",
)
@options.running
def inspect(
    sources: tuple[str, ...],
    *,
    rows: int,
    every_row: bool,
    workers: int | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Show what is in preference files: dialect, label direction, counts, texts, rows.

    \b
    prefdata inspect raw/
    prefdata inspect judged.csv --label 1=first,0=second,2=tie
    prefdata inspect odd.jsonl --map prompt=query,chosen=best,rejected=worst --rows 20

    Every file is read completely: counts, lengths and scripts are those of all rows; words and
    languages are those of a sample. The dialect of a file is never guessed: if it is not clear, the
    error names the candidates, and the other files are shown. Exit code 1: the dialect of a file
    is not clear, or no row of any file can be read.
    """
    from prefdata.cli.show.inspection import show_inspection
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.inspect import inspect as run

    config = options.configured(given)
    options.required(sources, config)
    with progress(quiet=quiet) as report:
        result = run(
            sources, config=config, rows=rows, every_row=every_row, workers=workers, report=report
        )
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_inspection(result)
    for problem in result.problems:
        click.echo(f"Error: {clean(problem.problem)}", err=True)
    if not result.problems and not any(file.records for file in result.files):
        if not any(file.rows for file in result.files):
            raise DataError("there are no rows in these sources: check the paths.")
        refuse_nothing_left(
            sum(file.rows for file in result.files),
            0,
            verb="can be used",
            reasons=sum((Counter(file.quarantined) for file in result.files), Counter[str]()),
            to_do="`prefdata validate` says what is wrong with each; --dialect and --map say how "
            "to read them.",
        )
    return 1 if result.problems else 0
