"""Progress of a run on stderr: bars for a person who watches, now and then a line for a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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

from prefdata.cli.show.tables import console
from prefdata.steps.progress import Report, silent

LINE_EVERY = 30.0
"""Seconds between two lines of a step, where nobody watches."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Report]:
    """What to call as parts of a step are finished."""
    screen = console(stderr=True)
    if quiet:
        yield silent
    elif not screen.is_terminal:
        yield lines(lambda said: screen.print(said, soft_wrap=True, markup=False))
    else:
        columns = (
            TextColumn("{task.description:10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _Rate(),
            TimeRemainingColumn(elapsed_when_finished=False),
        )
        with Progress(*columns, console=screen, transient=True) as bars:
            yield _on(bars)


def _on(bars: Progress) -> Report:
    known: dict[str, Any] = {}

    def report(step: str, done: int, total: int) -> None:
        if step not in known:
            known[step] = bars.add_task(step, total=total)
        bars.update(known[step], completed=done, total=total)

    return report


class _Rate(ProgressColumn):
    """How many a second; only where there are enough of them for the number to mean something."""

    def render(self, task: Task) -> Text:
        many = (task.total or 0) >= _MANY
        return Text(f"{task.speed:,.0f}/s" if many and task.speed else "", style="dim")


_MANY = 1000


def lines(say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Report:
    """Says how far a step is, every half minute: a step that takes less is not spoken of."""
    started: dict[str, tuple[float, int]] = {}
    said: dict[str, float] = {}

    def report(step: str, done: int, total: int) -> None:
        now = clock()
        begin, before = started.setdefault(step, (now, done))
        if done > before and now - said.setdefault(step, begin) >= LINE_EVERY:
            said[step] = now
            rate = (done - before) / (now - begin)
            left = _duration((total - done) / rate)
            say(f"{step}: {done:,} of {total:,}, {rate:,.1f}/s, about {left} left")

    return report


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
