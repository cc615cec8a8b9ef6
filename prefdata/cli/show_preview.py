"""`embed-filter --preview`: each filter, how its values lie, and the rows around the threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from prefdata.cli import options
from prefdata.cli.show import console
from prefdata.cli.show_progress import progress
from prefdata.cli.text import clean, shortened
from prefdata.config.model import BuildConfig
from prefdata.pipeline.preview import FilterPreview, Preview, PreviewRow

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
    with progress(quiet=given["quiet"] or given["as_json"]) as report:
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
    share = f" ({found.goes / found.judged:.1%})" if found.judged else ""
    screen.print(f"[bold]{found.reason}[/]  {found.measure}")
    screen.print(
        f"  {found.judged:,} rows judged; at threshold {found.threshold:.4f} "
        f"{found.goes:,} would go{share}",
        soft_wrap=True,
    )
    for why, rows in found.passed_by.items():
        screen.print(f"  {rows:,} passed by: {escape(why)}", soft_wrap=True)
    if found.recall is not None:
        screen.print(f"  searched by an index; recall {found.recall:.3f}")
    if found.spread:
        said = "  ".join(f"{share} {value:.2f}" for share, value in found.spread.items())
        screen.print(f"  values: {said}", soft_wrap=True)
    for row in found.rows:
        _show_row(screen, row)


def _show_row(screen: Console, row: PreviewRow) -> None:
    fate = "[red]goes [/]" if row.goes else "[green]stays[/]"
    place = escape(clean(f"{row.source}:{row.source_row}"))
    screen.print(f"  {fate} {row.value:.4f}  row {row.row}  {place}", soft_wrap=True)
    screen.print(f"        {escape(clean(row.evidence))}", soft_wrap=True, style="dim")
    for side in ("prompt", "chosen", "rejected"):
        said = escape(shortened(getattr(row, side), EXCERPT))
        screen.print(f"        {side:8}  {said}", soft_wrap=True)
