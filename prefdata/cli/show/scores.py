"""Prints the result of `prefdata score`: row counts, and agreement of rewards and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from prefdata.cli.show.lines import clean
from prefdata.cli.show.tables import console
from prefdata.results.layout import SCORES, SCORES_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefdata.results.scores import ScoreResult


def show_scores(result: ScoreResult, out: str) -> None:
    """Prints a table of rows, accuracy and agreement, remarks, and the files written."""
    screen, counts = console(), result.counts
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("")
    table.add_column("rows", justify="right")
    table.add_column("", overflow="fold")
    made = "pairs made of them, and rows without one" if counts.rows else ""
    if counts.rows is not None:
        table.add_row("read", f"{counts.rows.read:,}", "")
    table.add_row("" if made else "read", f"{counts.read:,}", made)
    for reason, rows in sorted(counts.not_scored.items(), key=lambda item: -item[1]):
        table.add_row("not scored", f"{rows:,}", escape(reason))
    if counts.quarantined:
        table.add_row("quarantined", f"{counts.quarantined:,}", "")
    table.add_row("scored", f"{counts.scored:,}", "", style="bold")
    for reason, rows in sorted(counts.reasons.items(), key=lambda item: -item[1]):
        table.add_row("", f"{rows:,}", escape(reason))
    screen.print(table)
    for sentence in _sentences(result):
        screen.print(sentence, soft_wrap=True)
    for code, remark in result.remarks.items():
        screen.print(f"[yellow]{escape(code)}[/]: {escape(clean(remark))}", soft_wrap=True)
    place = escape(clean(out))
    screen.print(f"{place}: {SCORES_TABLE}, a line for every row, and {SCORES}", soft_wrap=True)


def _sentences(result: ScoreResult) -> Iterator[str]:
    name, agreement = escape(clean(result.reward_model.name)), result.agreement
    if result.accuracy is not None:
        yield f"{name} gives chosen the higher reward in {result.accuracy:.1%} of them"
    if agreement.agree_ratio is not None:
        rank = "" if agreement.spearman is None else f", rank correlation {agreement.spearman:.2f}"
        yield (
            f"{agreement.signed:,} rows have a margin of their own: "
            f"{agreement.agree_ratio:.1%} have the same sign{rank}"
        )
