"""Prints `embed-filter --preview`: each filter, its values, and rows around the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from prefdata.cli.options import shared as options
from prefdata.cli.running import refuse_nothing_left
from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.progress import progress
from prefdata.cli.show.tables import console
from prefdata.config.model import BuildConfig
from prefdata.pipeline.stages.preview import FilterPreview, Preview, PreviewRow

EXCERPT = 160
"""Characters shown of a text."""


def previewed(
    run: Callable[..., Preview],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
) -> None:
    """Runs a preview and prints it, as text or JSON. `given`: the options of the command."""
    options.required(sources, config)
    with progress(quiet=given["quiet"]) as report:
        preview = run(
            sources, config=config, rows=given["rows"], workers=given["workers"], report=report
        )
    if given["as_json"]:
        click.echo(msgspec.json.format(msgspec.json.encode(preview), indent=2).decode())
    else:
        show_preview(preview)
    refuse_nothing_left(
        preview.read,
        preview.looked_at,
        verb="is left for the filters",
        reasons={},
        to_do="`prefdata validate` says what is wrong with them.",
    )


def show_preview(preview: Preview) -> None:
    """Prints every filter, then remarks."""
    screen = console()
    screen.print(f"{preview.read:,} rows read, {preview.looked_at:,} left for the filters")
    for filter_preview in preview.filters:
        screen.print()
        _show_filter(screen, filter_preview)
    for code, remark in preview.remarks.items():
        screen.print(f"[yellow]{code}[/]: {escape(remark)}", soft_wrap=True)


def _show_filter(screen: Console, preview: FilterPreview) -> None:
    screen.print(f"[bold]{preview.reason}[/]  {preview.measure}", soft_wrap=True)
    screen.print(f"  {preview.judged:,} rows judged; {_outcome(preview)}", soft_wrap=True)
    for why, rows in preview.passed_by.items():
        if rows:
            screen.print(f"  {rows:,} passed by: {escape(why)}", soft_wrap=True)
    if preview.recall is not None:
        screen.print(f"  searched by an index; recall {preview.recall:.3f}")
    if preview.spread:
        values = "  ".join(f"{share} {value:.2f}" for share, value in preview.spread.items())
        screen.print(f"  values: {values}", soft_wrap=True)
    for row in preview.rows:
        _show_row(screen, row, "goes" if preview.action == "drop" else "flagged")


def _outcome(preview: FilterPreview) -> str:
    """For example: `at 0.9000 and above 12 would go (3.1%)`."""
    if not preview.judged:
        return "there is nothing to decide"
    become = "go" if preview.action == "drop" else "be flagged"
    if preview.threshold is None:
        return f"none would {become}: the share asked for is less than one row, or than a tie"
    share = f"{preview.taken / preview.judged:.1%}"
    return (
        f"at {preview.threshold:.4f} and {preview.side} {preview.taken:,} would {become} ({share})"
    )


def _show_row(screen: Console, row: PreviewRow, fate_of_taken: str) -> None:
    word = fate_of_taken if row.taken else "passed by" if row.spared else "stays"
    fate = f"[{'red' if row.taken else 'green'}]{word:9}[/]"
    place = escape(clean(f"{row.source}:{row.source_row}"))
    screen.print(f"  {fate} {row.value:.4f}  row {row.row}  {place}", soft_wrap=True)
    screen.print(f"        {escape(clean(row.evidence))}", soft_wrap=True, style="dim")
    for side in ("prompt", "chosen", "rejected"):
        excerpt = escape(shortened(getattr(row, side), EXCERPT))
        screen.print(f"        {side:8}  {excerpt}", soft_wrap=True)
