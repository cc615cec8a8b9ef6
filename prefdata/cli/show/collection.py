"""Prints what was asked of language models, what would be, and how it goes meanwhile."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rich.markup import escape

from prefdata.cli.show.lines import clean
from prefdata.cli.show.tables import console, show_not_read

if TYPE_CHECKING:
    from prefdata.results.collection import CollectionManifest, DryRun
    from prefdata.steps.asking.ask import AskTotals

ASKING = "ask"


class AskingNote:
    """What stands beside the progress of asking: requests and tokens a second, failures, cost."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin = clock()
        self._totals: AskTotals | None = None

    def observe(self, totals: AskTotals) -> None:
        """Takes note of the books."""
        if self._totals is None:
            self._begin = self._clock()
        self._totals = totals

    def __call__(self, step: str) -> str:
        """The text beside a step; empty for all but asking."""
        totals = self._totals
        if step != ASKING or totals is None:
            return ""
        seconds = max(self._clock() - self._begin, 1e-3)
        tally = totals.tally
        tokens = totals.prompt_tokens + totals.completion_tokens
        told = [
            f"{tally['requests'] / seconds:,.1f} requests/s",
            f"{tokens / seconds:,.0f} tokens/s",
        ]
        told += [f"{tally[name]:,} {name}" for name in sorted(tally) if name not in _NOT_TOLD]
        if totals.cost is not None:
            told.append(f"cost {totals.cost:,.2f}")
        return ", ".join(told)


_NOT_TOLD = frozenset({"requests", "surplus"})


def show_collection(manifest: CollectionManifest, out: str) -> None:
    """Prints where prompts and requests went, and the commands to run next."""
    from prefdata.results.collection import collection_equation

    screen, counts = console(), manifest.counts
    screen.print(f"{collection_equation(counts)}.", soft_wrap=True)
    for what, reasons in (
        ("dropped", counts.dropped), ("failed", counts.failed), ("not asked", counts.not_asked),
        ("left out", counts.left_out), ("flagged", counts.flagged),
    ):  # fmt: skip
        if reasons:
            screen.print(f"{what:10} {escape(clean(_reasons(reasons)))}", soft_wrap=True)
    usage = manifest.usage
    cost = "" if usage.cost is None else f", cost {usage.cost:,.4f}"
    screen.print(
        f"{counts.kept:,} completions of {counts.written:,} prompts, {counts.different:,} of them "
        f"different; {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens{cost}.",
        soft_wrap=True,
    )
    if counts.single and counts.single < counts.kept:
        screen.print(
            f"{counts.single:,} prompts have one completion, which nobody can compare. If all came "
            "out the same, the model or its server does not draw: try another --temperature.",
            soft_wrap=True,
        )
    show_not_read(manifest.not_read)
    quoted = escape(shlex.quote(out))
    screen.print(f"{escape(out)}: {len(manifest.files):,} files. Next:", soft_wrap=True)
    for command in (
        f"prefdata judge {quoted} --out JUDGED --model NAME",
        f"prefdata annotate {quoted} --project labels.sqlite",
    ):
        screen.print(f"  {command}", soft_wrap=True)


def show_dry_run(told: DryRun) -> None:
    """Prints what would be asked for, and what that takes."""
    screen, counts = console(), told.counts
    ways = len(told.settings)
    screen.print(
        f"{counts.asked:,} prompts × {ways:,} {'setting' if ways == 1 else 'settings'}: "
        f"{counts.wanted:,} completions wanted, {counts.answered:,} known, "
        f"{told.missing:,} missing.",
        soft_wrap=True,
    )
    once, singly = told.prompt_tokens
    limit = told.completion_tokens
    most = "any number" if limit is None else f"at most {limit:,}"
    screen.print(
        f"{told.requests:,} requests where the server gives several at once ({told.missing:,} "
        f"elsewhere): about {once:,} ({singly:,}) tokens of prompts, {most} of completions.",
        soft_wrap=True,
    )
    if told.cost is not None:
        screen.print(f"Cost: at most {told.cost:,.2f}.")
    elif told.missing:
        screen.print("Cost: not known without prices (--price).")
    if counts.dropped:
        screen.print(f"dropped    {escape(clean(_reasons(counts.dropped)))}", soft_wrap=True)


def _reasons(reasons: Mapping[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {reason}" for reason, count in most)
