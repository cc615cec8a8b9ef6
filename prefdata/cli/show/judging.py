"""Prints what a judge said, and how far it can be trusted."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.metrics import say
from prefdata.cli.show.tables import console, show_not_read

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.collection import DryRun
    from prefdata.results.judging import (
        JudgeResult,
        JudgingReport,
        JudgingSlice,
        KappaEstimate,
        VerdictCounts,
    )
    from prefdata.results.training import Estimate

_NAME = 40
_SLICES = 12

_Row = tuple[str, "Estimate | KappaEstimate", bool]
"""What a figure is called, the figure, and whether it is a share."""


def show_judging(result: JudgeResult, out: str) -> None:
    """Prints verdicts by what became of them, the figures of the judge, and what to run next."""
    screen, counts = console(), result.manifest.counts
    show_report(screen, result.report)
    usage = result.manifest.usage
    cost = "" if usage.cost is None else f", cost {usage.cost:,.4f}"
    say(screen, f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens{cost}.", style="dim")
    if counts.dropped or counts.quarantined:
        reasons = counts.dropped | {"quarantined": counts.quarantined}
        say(screen, f"Not judged: {clean(_reasons(reasons))}.")
    show_not_read(result.manifest.not_read)
    quoted = escape(shlex.quote(out))
    rows = f"{counts.written:,} {'row' if counts.written == 1 else 'rows'}"
    screen.print(f"{escape(out)}: {rows} of judgements. Next:", soft_wrap=True)
    screen.print(f"  prefdata build {quoted} --out DATASET", soft_wrap=True)


def show_report(screen: Console, report: JudgingReport) -> None:
    """Prints the figures of a judge, and what they come to."""
    say(screen, f"Judge: {shortened(report.judge, _NAME)}", style="bold")
    say(screen, _counted(report.verdicts), indent="  ")
    for number, part in enumerate(report.slices[:_SLICES]):
        _show_slice(screen, part, is_first=number == 0)
    if len(report.slices) > _SLICES:
        say(
            screen,
            f"and {len(report.slices) - _SLICES:,} more slices: see report.json",
            style="dim",
        )
    style = "bold red" if {"chance", "position", "against"} & {*report.faults} else "bold"
    for sentence in report.says:
        say(screen, clean(sentence), style=style)


def _counted(verdicts: VerdictCounts) -> str:
    told = [f"{verdicts.parsed:,} parsed", f"{verdicts.unparsed:,} unparsed"]
    told += [f"{count:,} failed ({reason})" for reason, count in verdicts.failed.items()]
    told += [f"{count:,} not asked ({reason})" for reason, count in verdicts.not_asked.items()]
    besides = []
    if verdicts.repaired:
        besides.append(f"{verdicts.repaired:,} were asked for twice")
    if verdicts.graded:
        besides.append(f"{verdicts.graded:,} have a strength")
    after = f"; {', '.join(besides)}" if besides else ""
    return f"{verdicts.wanted:,} verdicts wanted = {' + '.join(told)}{after}."


def _show_slice(screen: Console, part: JudgingSlice, *, is_first: bool) -> None:
    where = "" if part.language is None else f", prompts in {clean(part.language)}"
    name = shortened(part.criterion, _NAME)
    say(screen, f"{name}{where}: {part.pairs:,} pairs of {part.prompts:,} prompts")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 2))
    table.add_column("")
    for heading in ("value", "95% interval", "of"):
        table.add_column(heading, justify="right")
    for label, figure, is_share in _figures(part):
        table.add_row(
            Text(label),
            _number(figure.value, is_share=is_share),
            _ends(figure, is_share=is_share),
            f"{figure.pairs:,}",
        )
    screen.print(table)
    for sentence in part.says if is_first or part.faults else ():
        say(screen, clean(sentence), indent="  ")


def _figures(part: JudgingSlice) -> Iterator[_Row]:
    if part.orders is not None:
        yield "the same in both orders", part.orders.consistency, True
        yield "kappa of the orders", part.orders.kappa, False
        yield "for the answer shown first", part.orders.first, True
    yield "for the longer answer", part.longer, True
    yield "ties", part.ties, True
    if part.labels is not None:
        yield "agreement with labels", part.labels.agreement, True
        yield "  of pairs that neither ties", part.labels.decided, True
        yield "  kappa", part.labels.kappa, False
        yield "labels for the longer answer", part.labels.longer, True


def _number(value: float | None, *, is_share: bool) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if is_share else f"{value:.2f}"


def _ends(figure: Estimate | KappaEstimate, *, is_share: bool) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = (_number(end, is_share=is_share) for end in (figure.low, figure.high))
    return f"{low} to {high}"


def show_dry_judge(told: DryRun) -> None:
    """Prints what would be asked for, and what that takes."""
    screen, counts = console(), told.counts
    say(
        screen,
        f"{counts.asked:,} prompts: {counts.wanted:,} verdicts wanted, {counts.answered:,} known, "
        f"{told.missing:,} missing.",
    )
    limit = told.completion_tokens
    most = "any number" if limit is None else f"at most {limit:,}"
    say(
        screen,
        f"About {told.prompt_tokens[1]:,} tokens of prompts, {most} of replies; a reply that "
        "cannot be read is asked for once more.",
    )
    if told.cost is not None:
        say(screen, f"Cost: at most {told.cost:,.2f}.")
    elif told.missing:
        say(screen, "Cost: not known without prices (--price).")
    if counts.dropped:
        say(screen, f"Not judged: {clean(_reasons(counts.dropped))}.")


def _reasons(reasons: Mapping[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {reason}" for reason, count in most if count)
