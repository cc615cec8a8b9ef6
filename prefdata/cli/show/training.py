"""Prints the result of `prefdata train`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape

from prefdata.cli.show.lines import clean
from prefdata.cli.show.metrics import say, show_metrics
from prefdata.cli.show.tables import console
from prefdata.results.layout import METRICS
from prefdata.results.manifest import row_equation

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.training import TrainingCounts, TrainingResult


def show_training(result: TrainingResult, out: str) -> None:
    """Prints the metrics, row counts, the course of training, remarks, and the model folder."""
    screen = console()
    say(screen, _headline(result), style="bold")
    _show_measured(screen, result)
    screen.print()
    say(screen, _rows(result.data))
    say(screen, _course(result))
    for code, remark in result.remarks.items():
        screen.print(f"[yellow]{escape(code)}[/]: {escape(clean(remark))}", soft_wrap=True)
    if result.held_out is None and result.cross_validated is None:
        screen.print("[yellow]not measured[/]: no pairs were held out", soft_wrap=True)
    screen.print(f"{escape(clean(out))}: the model and {METRICS}. Next:", soft_wrap=True)
    screen.print(f"  prefdata score DATA --model {escape(clean(out))}", soft_wrap=True)


def _show_measured(screen: Console, result: TrainingResult) -> None:
    """Prints the metrics with the most pairs in full, and the first line of the others."""
    by_method = {"held out": result.held_out, "cross-validated": result.cross_validated}
    measured = {name: metrics for name, metrics in by_method.items() if metrics is not None}
    if not measured:
        return
    name = max(measured, key=lambda name: measured[name].pairs)
    screen.print()
    show_metrics(screen, name, measured.pop(name), measured)


def _headline(result: TrainingResult) -> str:
    name = clean(result.model.name)
    if result.kind == "backbone":
        return f"Reward model on {name}"
    heads = result.training.members or 1
    return f"Reward head on {name}" + (f", the mean of {heads}" if heads > 1 else "")


def _rows(counts: TrainingCounts) -> str:
    """For example: `Rows: 10 read = 8 trained on + 1 held out + 1 dropped (empty 1)`."""
    parts = [f"{counts.trained:,} trained on"]
    if counts.validation:
        parts.append(f"{counts.validation:,} for validation")
    parts.append(f"{counts.held_out:,} held out")
    rows = counts.rows
    dropped = Counter(counts.dropped) - Counter(rows.unpaired if rows else {})
    if dropped:
        by_rows = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))
        reasons = ", ".join(f"{clean(reason)} {number:,}" for reason, number in by_rows)
        parts.append(f"{dropped.total():,} dropped ({reasons})")
    if rows is not None:
        return f"{row_equation(rows)}; {rows.pairs:,} pairs made = {' + '.join(parts)}."
    if counts.quarantined:
        parts.append(f"{counts.quarantined:,} quarantined")
    return f"Rows: {counts.read:,} read = {' + '.join(parts)}."


def _course(result: TrainingResult) -> str:
    course = result.training
    parts = []
    if course.steps is not None:
        parts.append(_counted(f"{course.steps:,}", "step"))
    if course.epochs is not None:
        parts.append(_counted(f"{course.epochs:.3g}", "epoch"))
    if course.folds:
        parts.append(_counted(f"{course.folds}", "fold"))
    if course.seconds is not None:
        parts.append(_duration(course.seconds))
    if course.pairs_per_second is not None:
        parts.append(f"{_rate(course.pairs_per_second)} pairs/s")
    if course.device is not None:
        parts.append(f"on {course.device}" + (f" in {course.dtype}" if course.dtype else ""))
    if course.packed is not None:
        why = f" ({clean(course.why_plain)})" if course.why_plain else ""
        parts.append("packed" if course.packed else f"plain{why}")
    if course.final_loss is not None:
        parts.append(f"training loss {course.final_loss:.3f} at the end")
    if course.stopped_early:
        parts.append("stopped early: the held-out loss fell no more")
    if course.resumed_at is not None:
        parts.append(f"resumed at step {course.resumed_at:,}")
    return f"Training: {', '.join(parts) or 'nothing is known'}."


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _counted(count: str, noun: str) -> str:
    return f"{count} {noun}" if count == "1" else f"{count} {noun}s"
