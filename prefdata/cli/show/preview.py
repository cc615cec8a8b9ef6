"""`embed-filter --preview`: each filter, how its values lie, and the rows around the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from prefdata.cli.options import shared as options
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
    """Runs a preview and shows it as `given` (the options of `running`, rows) asks."""
    options.required(sources, config)
    with progress(quiet=given["quiet"]) as report:
        found = run(
            sources, config=config, rows=given["rows"], workers=given["workers"], report=report
        )
    if given["as_json"]:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        show_preview(found)


def show_preview(preview: Preview) -> None:
    """Every filter, one under the other."""
    screen = console()
    screen.print(f"{preview.read:,} rows read, {preview.looked_at:,} left for the filters")
    for found in preview.filters:
        screen.print()
        _show_filter(screen, found)
    for code, said in preview.remarks.items():
        screen.print(f"[yellow]{code}[/]: {escape(said)}", soft_wrap=True)


def _show_filter(screen: Console, found: FilterPreview) -> None:
    screen.print(f"[bold]{found.reason}[/]  {found.measure}", soft_wrap=True)
    screen.print(f"  {found.judged:,} rows judged; {_outcome(found)}", soft_wrap=True)
    for why, rows in found.passed_by.items():
        if rows:
            screen.print(f"  {rows:,} passed by: {escape(why)}", soft_wrap=True)
    if found.recall is not None:
        screen.print(f"  searched by an index; recall {found.recall:.3f}")
    if found.spread:
        said = "  ".join(f"{share} {value:.2f}" for share, value in found.spread.items())
        screen.print(f"  values: {said}", soft_wrap=True)
    for row in found.rows:
        _show_row(screen, row, "goes" if found.action == "drop" else "flagged")


def _outcome(found: FilterPreview) -> str:
    """For example: `at 0.9000 and above 12 would go (3.1%)`."""
    if not found.judged:
        return "there is nothing to decide"
    become = "go" if found.action == "drop" else "be flagged"
    if found.threshold is None:
        return f"none would {become}: the share asked for is less than one row, or than a tie"
    share = f"{found.taken / found.judged:.1%}"
    return f"at {found.threshold:.4f} and {found.side} {found.taken:,} would {become} ({share})"


def _show_row(screen: Console, row: PreviewRow, fate_of_taken: str) -> None:
    said = fate_of_taken if row.taken else "passed by" if row.spared else "stays"
    fate = f"[{'red' if row.taken else 'green'}]{said:9}[/]"
    place = escape(clean(f"{row.source}:{row.source_row}"))
    screen.print(f"  {fate} {row.value:.4f}  row {row.row}  {place}", soft_wrap=True)
    screen.print(f"        {escape(clean(row.evidence))}", soft_wrap=True, style="dim")
    for side in ("prompt", "chosen", "rejected"):
        said = escape(shortened(getattr(row, side), EXCERPT))
        screen.print(f"        {side:8}  {said}", soft_wrap=True)
