"""Progress of a run as bars on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from prefdata.steps.progress import Report

_MANY = 1000


@contextmanager
def bars(screen: Console, note: Callable[[str], str]) -> Iterator[Report]:
    """Yields a function that is called with (step, done, total), and shows a bar for each step.

    `note(step)`: what is shown beside the bar of a step.
    """
    columns = (
        TextColumn("{task.description:10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=False),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Progress(*columns, console=screen, transient=True) as shown:
        yield _on(shown, note)


def _on(shown: Progress, note: Callable[[str], str]) -> Report:
    known: dict[str, Any] = {}

    def report(step: str, done: int, total: int) -> None:
        if step not in known:
            known[step] = shown.add_task(step, total=total, note="")
        shown.update(known[step], completed=done, total=total, note=note(step))

    return report


class _Rate(ProgressColumn):
    """Items per second; shown only for totals of at least `_MANY` items."""

    def render(self, task: Task) -> Text:
        many = (task.total or 0) >= _MANY
        return Text(f"{task.speed:,.0f}/s" if many and task.speed else "", style="dim")
