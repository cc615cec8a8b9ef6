"""Prints the result of `prefdata convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.tables import console, show_not_read

if TYPE_CHECKING:
    from prefdata.results.conversion import Conversion


def show_conversion(result: Conversion, out: str) -> None:
    """Prints the sources, the rows left out with reasons, and the files written."""
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    for heading in ("source", "rows", "dialect", "polarity"):
        table.add_column(heading, justify="right" if heading == "rows" else "left", overflow="fold")
    for source in result.sources:
        name = escape(clean(source.name))
        table.add_row(name, f"{source.rows:,}", source.dialect, source.polarity)
    screen.print(table)
    show_not_read(result.not_read)
    for left_out in result.left_out:
        screen.print(f"[red]left out[/] [bold]{left_out.reason}[/]  {left_out.rows:,} rows")
        for row in left_out.examples:
            where = escape(clean(f"{row.source}:{row.row}"))
            screen.print(f"         {where}  {escape(shortened(row.why, 160))}", soft_wrap=True)
        if left_out.rows > len(left_out.examples):
            screen.print(f"         and {left_out.rows - len(left_out.examples):,} more")
    for remark in result.remarks:
        screen.print(f"[yellow]note[/] {escape(remark)}", soft_wrap=True)
    if result.refused:
        return
    screen.print(f"{result.read:,} rows read, {result.written:,} written to {escape(clean(out))}:")
    for file in result.files:
        rows = "" if file.rows is None else f", {file.rows:,} rows"
        screen.print(f"  {escape(clean(file.path))}  {file.bytes:,} bytes{rows}", soft_wrap=True)
