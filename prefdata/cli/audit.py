"""The command `prefdata audit`."""

from __future__ import annotations

from typing import Any

import click

from prefdata.cli.options import audit as auditing
from prefdata.cli.options import shared as options
from prefdata.cli.running import filled, refuse_none_kept
from prefdata.pipeline.run.worker_modules import BUILDING


@click.command()
@options.sources
@click.option(
    "--out", type=click.Path(),
    help="Folder for the audit; created by the command. Not needed for the output folder of a "
    "build: its audit goes into OUT/report/.",
)  # fmt: skip
@click.option("--report/--no-report", "page", default=True, help="Also write the HTML page (yes).")
@auditing.modelling
@auditing.reviewing
@click.option("--force", is_flag=True, help="Replace the audit of an earlier run.")
@options.running
def audit(sources: tuple[str, ...], **given: Any) -> None:
    """Audit the labels: score each label out-of-fold, and list those that look wrong.

    \b
    prefdata audit dataset
    prefdata audit raw/*.jsonl --out audit
    prefdata audit dataset --decisions dataset/report/review.csv

    The report lists first what is certain (contradictory labels, duplicates), then the labels that
    look wrong. Before that, a self-test flips some labels in copies of your data, to see whether
    the audit can find them. Writes index.html to read, report.json, rows.parquet (one line for
    every row) and review.csv to fill in.
    """
    options.start_workers_early(sources, given["workers"], BUILDING)
    from prefdata.cli.show.audit import show_audit
    from prefdata.pipeline.audit import audit as run
    from prefdata.pipeline.audit import audit_folder

    config = options.configured(given, **auditing.modelled(given))
    options.required(sources, config)
    folder = audit_folder([*sources] or config.sources, given["out"])
    there = folder.absolute()  # the working directory may be what is replaced
    audited = filled(
        run,
        lambda report, _: show_audit(report, folder, there),
        sources,
        config,
        given,
        page=given["page"],
    )
    refuse_none_kept(audited.counts, "is audited", "rows.parquet says why, row by row.")
