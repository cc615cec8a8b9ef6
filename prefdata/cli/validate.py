"""The command `prefdata validate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from prefdata.cli.options import shared as options
from prefdata.pipeline.run.worker_modules import LARGE, validating


@click.command()
@options.sources
@options.rules
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False),
    help="Also write the result to this file, as JSON.",
)
@options.running
def validate(
    sources: tuple[str, ...],
    *,
    report_file: str | None,
    workers: int | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Check preference files row by row, and list what is wrong.

    \b
    prefdata validate raw/*.jsonl
    prefdata validate raw/ --tokenizer Qwen/Qwen3-0.6B --max-length 2048
    prefdata validate raw/ --rule special-tokens=error --json

    Exit code 0: no finding at error level; 1: some findings at error level; 2: wrong use.
    """
    options.start_workers_early(sources, workers, validating(LARGE))
    from prefdata.cli.show.progress import progress
    from prefdata.cli.show.tables import show_validation
    from prefdata.pipeline.validate import validate as run

    config = options.configured(given)
    options.required(sources, config)
    with progress(quiet=quiet) as report:
        result = run(sources, config=config, workers=workers, report=report)
    if report_file:
        Path(report_file).write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    elif not quiet:
        show_validation(result)
    return 1 if result.errors else 0
