"""Prints the metrics of a reward model: a table of accuracies, then sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from prefdata.cli.show.lines import broken, shortened
from prefdata.results.layout import METRICS
from prefdata.results.training import SMALL

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.training import Correlation, Estimate, Metrics, Slice

WIDE = 80
"""Width of a screen, in cells, from which the numbers are shown in columns."""

SLICES_SHOWN = 5

_LABEL = 32
_NAME = 80
_HEADINGS = ("accuracy", "95% interval", "loss", "pairs")


@dataclass(frozen=True)
class _Line:
    """A line of the table: its label, its numbers, and its style."""

    label: str
    known: Estimate | None = None
    loss: float | None = None
    style: str = ""


def show_metrics(
    screen: Console, name: str, metrics: Metrics, also: Mapping[str, Metrics] | None = None
) -> None:
    """Prints the table of accuracies, the model first, and sentences on other metrics.

    `also`: other measurements of the same model, by name; each is printed as one line.
    """
    other_lines = [
        _Line(name, other.accuracy, other.loss, "bold") for name, other in (also or {}).items()
    ]
    _show_lines(screen, [*other_lines, *_table_lines(name, metrics)])
    for sentence in _sentences(metrics):
        say(screen, sentence)


def _table_lines(name: str, metrics: Metrics) -> Iterator[_Line]:
    """The lines of the model, the baselines, and accuracy by length, source and language."""
    yield _Line(name, metrics.accuracy, metrics.loss, "bold")
    baselines = metrics.baselines
    yield _Line("beside it")
    yield _Line("  length only", baselines.length_only, baselines.length_only.loss)
    yield _Line("  shuffled labels", baselines.label_shuffled, baselines.label_shuffled.loss)
    yield _Line("  the same reward for all", baselines.constant, baselines.constant.loss)
    yield _Line("by length")
    yield _Line("  alike (within a tenth)", metrics.length.matched)
    yield _Line("  chosen is longer", metrics.length.chosen_longer)
    yield _Line("  rejected is longer", metrics.length.rejected_longer)
    yield from _slice_lines("by source", metrics.sources)
    yield from _slice_lines("by language", metrics.languages)


def _slice_lines(heading: str, slices: tuple[Slice, ...]) -> Iterator[_Line]:
    """The lines of the slices shown, and of the number of others."""
    if not (shown := _shown(slices)):
        return
    yield _Line(heading)
    for part in shown:
        few = " (few)" if part.is_small else ""
        yield _Line(f"  {shortened(part.name, _NAME)}{few}", part)
    if len(slices) > SLICES_SHOWN:
        yield _Line(f"  and {len(slices) - SLICES_SHOWN:,} more: see {METRICS}", style="dim")


def _shown(slices: tuple[Slice, ...]) -> tuple[Slice, ...]:
    """The slices with most pairs; none if there is only one, which equals the whole."""
    return slices[:SLICES_SHOWN] if len(slices) > 1 else ()


def _show_lines(screen: Console, lines: list[_Line]) -> None:
    if screen.width < WIDE:
        for line in lines:
            _show_narrow(screen, line)
        return
    table = Table(
        box=None, pad_edge=False, header_style="dim", show_edge=False, padding=(0, 2, 0, 0)
    )
    table.add_column("", overflow="fold", min_width=_LABEL)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        style = line.style or ("dim" if line.known is None else "")
        table.add_row(Text(line.label), *_numbers(line), style=style)
    screen.print(table)


def _show_narrow(screen: Console, line: _Line) -> None:
    """Prints a line with its numbers below its label, for a narrow screen."""
    style = line.style or ("dim" if line.known is None else "")
    say(screen, line.label, style=style)
    if line.known is not None:
        accuracy, ends, loss, pairs = _numbers(line)
        parts = [accuracy, f"({ends})" if ends else "", f"loss {loss}" if loss else ""]
        text = ", ".join(part for part in (" ".join(filter(None, parts[:2])), parts[2]) if part)
        say(
            screen, f"{text}, {pairs} pair{'' if pairs == '1' else 's'}", indent="    ", style=style
        )


def _numbers(line: _Line) -> tuple[str, str, str, str]:
    """Accuracy ("-" if null), interval, loss and pairs as texts; all "" for a heading."""
    known = line.known
    if known is None:
        return "", "", "", ""
    loss = "" if line.loss is None else f"{line.loss:.3f}"
    return _figure(known.value), _ends(known), loss, f"{known.pairs:,}"


def _ends(known: Estimate) -> str:
    if known.low is None or known.high is None:
        return ""
    return f"{known.low:.3f} to {known.high:.3f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _sentences(metrics: Metrics) -> Iterator[str]:
    """Yields sentences on metrics that are not in the table."""
    above = metrics.over_length_only
    if above.value is not None:
        ends = "" if above.low is None else f" ({above.low:+.3f} to {above.high:+.3f})"
        yield f"Accuracy above length only: {above.value:+.3f}{ends}."
        if above.high is not None and above.high < 0:
            yield "The model is worse than length alone."
        elif (above.value if above.low is None else above.low) <= 0:
            yield "The model is not clearly better than length alone."
        yield f"Length only: {metrics.baselines.length_only.made}."
    sure = metrics.calibration
    if sure.ece is not None and sure.ece_by_chance is not None:
        yield (
            f"Calibration error {sure.ece:.3f} (by chance alone {sure.ece_by_chance:.3f}), "
            f"on average {sure.confidence:.3f} sure. Brier {sure.brier:.3f}."
        )
    length = metrics.length
    yield (
        f"Correlation with length: rewards {_correlated(length.reward)}, reward margins "
        f"{_correlated(length.reward_margin)}."
    )
    if metrics.given_margin.points:
        yield f"Correlation with the margins of the data: {_correlated(metrics.given_margin)}."
    if metrics.loss_with_margin is not None:
        yield f"Loss after the margins of the data: {metrics.loss_with_margin:.3f}."
    if metrics.ties:
        yield (
            f"{metrics.ties:,} of {metrics.pairs:,} pairs have equal rewards, counted as wrong "
            "(beside the model, as half right)."
        )
    if 0 < metrics.groups < SMALL:
        yield f"All this rests on {metrics.groups} leakage group(s): take it as a hint."
    if metrics.accuracy.absent:
        yield f"{metrics.accuracy.absent[0].upper()}{metrics.accuracy.absent[1:]}."
    shown = (*_shown(metrics.sources), *_shown(metrics.languages))
    if any(part.is_small for part in shown):
        yield f"(few): fewer than {SMALL} leakage groups, too few to compare."


def _correlated(correlation: Correlation) -> str:
    if correlation.pearson is None or correlation.spearman is None:
        return f"none ({correlation.absent})"
    pearson, spearman = round(correlation.pearson, 2) + 0.0, round(correlation.spearman, 2) + 0.0
    return f"{pearson:.2f} (of ranks {spearman:.2f})"


def say(screen: Console, text: str, *, indent: str = "", style: str = "") -> None:
    """Prints prose wrapped to the screen, with `indent` before each line."""
    head = indent or " " * (len(text) - len(text.lstrip()))
    for line in broken(Text(text.lstrip(), style=style), max(screen.width - len(head), 10)):
        screen.print(Text.assemble(head, line), soft_wrap=True)
