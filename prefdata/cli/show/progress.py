"""Progress of a run on stderr: bars on a terminal, else a line every half minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from rich.console import Console

from prefdata.cli.show.tables import console
from prefdata.steps.progress import Report, silent

LINE_EVERY = 30.0
"""Seconds between two lines of a step, if stderr is not a terminal."""


Note = Callable[[str], str]
"""What is shown beside the progress of a step besides; an empty text for nothing."""


def _nothing(step: str) -> str:
    return ""


@contextmanager
def progress(*, quiet: bool, note: Note = _nothing) -> Iterator[Report]:
    """Yields the function that steps call with (step, done, total); it shows progress."""
    screen = console(stderr=True)
    if quiet:
        yield silent
    elif not screen.is_terminal:
        yield lines(partial(_say, screen), note=note)
    else:
        from prefdata.cli.show.bars import bars  # which takes long to import, for a terminal only

        with bars(screen, note) as report:
            yield report


def _say(screen: Console, line: str) -> None:
    with suppress(OSError):  # stderr is full or closed: that is no reason to end a run
        screen.print(line, soft_wrap=True, markup=False)


def lines(
    say: Callable[[str], None], clock: Callable[[], float] = time.monotonic, note: Note = _nothing
) -> Report:
    """A `Report` that calls `say` every half minute of a step; shorter steps are not reported."""
    started: dict[str, tuple[float, int]] = {}
    last_time: dict[str, float] = {}

    def report(step: str, done: int, total: int) -> None:
        now = clock()
        begin, before = started.setdefault(step, (now, done))
        if done > before and now - last_time.setdefault(step, begin) >= LINE_EVERY:
            last_time[step] = now
            rate = (done - before) / (now - begin)
            left = _duration((total - done) / rate)
            beside = f", {told}" if (told := note(step)) else ""
            say(f"{step}: {done:,} of {total:,}, {rate:,.1f}/s, about {left} left{beside}")

    return report


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
