"""The command `prefdata convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from prefdata.cli.options import shared as options
from prefdata.cli.running import refuse_nothing_left
from prefdata.config.section import RecordFormat
from prefdata.errors import DataError
from prefdata.pipeline.run.worker_modules import CONVERTING

if TYPE_CHECKING:
    from prefdata.results.conversion import Conversion

_GIVEN = (
    "out", "to", "record_format", "drop_unholdable", "provenance", "force", "workers",
)  # fmt: skip
"""Options passed to the library under the same names."""


@click.command()
@options.sources
@click.option("--out", required=True, type=click.Path(), help="File or folder to write.")
@click.option(
    "--to", required=True, type=click.Choice(["arrow", "parquet", "jsonl", "csv"]),
    help="Container (file format). arrow: a folder; parquet: a file if OUT ends in .parquet, "
    "otherwise a folder.",
)  # fmt: skip
@click.option(
    "--format", "record_format", type=click.Choice(get_args(RecordFormat)),
    default="conversational", show_default=True,
    help="Format of the records; docs/formats.md shows a row of each.",
)  # fmt: skip
@click.option(
    "--drop-unholdable", is_flag=True,
    help="Leave out rows that the format cannot hold, and list them in OUT.dropped.jsonl.",
)  # fmt: skip
@click.option("--provenance", is_flag=True, help="Add the columns source and source_row.")
@click.option("--force", is_flag=True, help="Replace the output of an earlier conversion.")
@options.running
def convert(sources: tuple[str, ...], *, as_json: bool, quiet: bool, **given: Any) -> None:
    """Convert preference pairs to another format; rows keep their order.

    \b
    prefdata convert raw/*.jsonl --out pairs.jsonl --to jsonl
    prefdata convert pairs.csv --out pairs --to arrow --format standard
    prefdata convert hh.jsonl.gz --out dpo.jsonl --to jsonl --format llamafactory
    prefdata convert pairs.jsonl --out kto.jsonl --to jsonl --format kto
    prefdata convert pairs.jsonl --out upload.jsonl --to jsonl --format openai

    The sources are read twice. If the format cannot hold some rows without loss, they are reported
    and nothing is written (exit code 1). There are no other checks: see build and validate. Further
    columns are kept: as fields in JSON Lines, and as JSON text in the column metadata in the other
    containers.
    """
    options.start_workers_early(sources, given["workers"], CONVERTING)
    from prefdata.cli.show.conversion import show_conversion
    from prefdata.cli.show.progress import progress
    from prefdata.pipeline.convert import convert as run

    config = options.configured(given)
    options.required(sources, config)
    with progress(quiet=quiet) as report:
        result = run(
            sources, config=config, report=report, **{name: given[name] for name in _GIVEN}
        )
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_conversion(result, given["out"])
    if result.refused:
        raise DataError(_refusal(result))
    refuse_nothing_left(
        result.read,
        result.written,
        verb="is written",
        reasons={left_out.reason: left_out.rows for left_out in result.left_out},
        to_do="OUT.dropped.jsonl lists them all.",
    )


def _refusal(result: Conversion) -> str:
    """The error message when rows would be lost: how many, and which options help."""
    lost = sum(left_out.rows for left_out in result.left_out)
    lines = [
        f"{lost:,} of {result.read:,} rows cannot be written as {result.record_format}: "
        "nothing was written."
    ]
    reasons = {left_out.reason for left_out in result.left_out}
    if "unholdable" in reasons and result.record_format != "conversational":
        lines.append("The format conversational holds most shapes (--format conversational).")
    lines.append("--drop-unholdable writes the rest, and lists these rows in OUT.dropped.jsonl.")
    return " ".join(lines)
