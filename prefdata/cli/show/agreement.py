"""Prints the agreement of judges: a summary, a table of judges, kappas and what is odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.metrics import WIDE, say
from prefdata.cli.show.tables import console

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.agreement import (
        AgreementReport,
        AgreementSlice,
        JudgeAgreement,
        JudgePair,
    )

_JUDGES = 12
_PAIRS = 5
_NAME = 40
_ODD = 8

_LEGEND = (
    "with others: as the majority of the other judges; right: estimated probability of a right "
    "vote, by Dawid-Skene (DS) and Bradley-Terry (BT); for first: votes for what was shown first."
)

_Column = tuple[str, "Callable[[JudgeAgreement], str]"]


def show_agreement(report: AgreementReport) -> None:
    """Prints every slice: alpha, judges, pairs of judges, oddities; then remarks."""
    screen = console()
    if not report.slices:
        say(screen, "No judgements.")
    for number, part in enumerate(report.slices):
        if number:
            screen.print()
        _show_slice(screen, part)
    for code, remark in report.remarks.items():
        say(screen, f"{clean(code)}: {clean(remark)}", style="yellow")


def _show_slice(screen: Console, part: AgreementSlice) -> None:
    where = "all sources" if part.source is None else shortened(part.source, _NAME)
    say(screen, f"{shortened(part.criterion, _NAME)}, {where}", style="bold")
    say(screen, _counts(part), indent="  ")
    for sentence in part.says:
        say(screen, clean(sentence), indent="  ")
    if part.judges:
        _show_judges(screen, part.judges)
    if part.pairs:
        _show_pairs(screen, part)
    odd = [judge for judge in part.judges if judge.says]
    for judge in odd[:_ODD]:
        told = "; ".join(map(clean, judge.says))
        say(screen, f"{shortened(judge.judge, _NAME)} {told}.", indent="  ", style="yellow")
    if len(odd) > _ODD:
        say(screen, f"{len(odd) - _ODD:,} more judges are odd: see --json.", indent="  ")


def _counts(part: AgreementSlice) -> str:
    counts = (
        f"{_counted(part.votes, 'vote')} of {_counted(len(part.judges), 'judge')} on "
        f"{_counted(part.items, 'pair')} of completions, {_counted(part.prompts, 'prompt')}; "
        f"{part.shared_items:,} judged by two or more"
    )
    if part.unanimous_ratio is not None:
        counts += f", of these {part.unanimous_ratio:.0%} with one voice"
    return f"{counts}."


def _show_judges(screen: Console, judges: Sequence[JudgeAgreement]) -> None:
    columns = _columns(judges, is_wide=screen.width >= WIDE)
    table = _table("judge", *(heading for heading, _ in columns))
    for judge in judges[:_JUDGES]:
        name = Text(shortened(judge.judge, _NAME))
        table.add_row(name, *(shown(judge) for _, shown in columns))
    screen.print(table)
    say(screen, _LEGEND, indent="  ", style="dim")
    if len(judges) > _JUDGES:
        say(screen, f"and {len(judges) - _JUDGES:,} more: see --json", indent="  ", style="dim")


def _columns(judges: Sequence[JudgeAgreement], *, is_wide: bool) -> list[_Column]:
    """The columns that say something of these judges; without intervals on a narrow screen."""
    columns: list[_Column] = [
        ("votes", lambda judge: f"{judge.votes:,}"),
        ("with others", lambda judge: _share(judge.with_rest.value)),
    ]
    if is_wide:
        columns.append(
            ("95% interval", lambda judge: _ends(judge.with_rest.low, judge.with_rest.high))
        )
        columns.append(("right (DS)", lambda judge: _share(judge.dawid_skene)))
    columns.append(("right (BT)", lambda judge: _share(judge.bradley_terry)))
    if any(judge.position.votes for judge in judges):
        columns.append(("for first", lambda judge: _share(judge.position.first)))
    if is_wide:
        columns.append(("one answer", lambda judge: _share(judge.same_answer_ratio)))
    if any(judge.seconds is not None for judge in judges):
        columns.append(("seconds", lambda judge: _seconds(judge.seconds)))
    return columns


def _show_pairs(screen: Console, part: AgreementSlice) -> None:
    table = _table("two judges", "in common", "the same", "kappa")
    for pair in part.pairs[:_PAIRS]:
        name = Text(f"{shortened(pair.one, _NAME // 2)}, {shortened(pair.other, _NAME // 2)}")
        table.add_row(name, f"{pair.units:,}", _share(pair.agreement), _kappa(pair))
    screen.print(table)
    if len(part.pairs) > _PAIRS:
        more = len(part.pairs) - _PAIRS
        say(screen, f"and {more:,} more: see --json", indent="  ", style="dim")
    if part.pairs_of_judges < len(part.judges):
        most = f"The {part.pairs_of_judges:,} judges with most votes were compared two by two."
        say(screen, most, indent="  ", style="dim")


def _table(name: str, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 2))
    table.add_column(name, overflow="fold", min_width=8)
    for heading in headings:
        table.add_column(heading, justify="right", min_width=min(len(heading), 7))
    return table


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.0%} to {high:.0%}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _kappa(pair: JudgePair) -> str:
    return "-" if pair.kappa is None else f"{pair.kappa:.2f}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
