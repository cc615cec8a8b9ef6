"""Prints an audit: certain findings first, then what the models say about the labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.metrics import say
from prefdata.cli.show.tables import console
from prefdata.results.layout import REPORT_JSON, REPORT_PAGE, REVIEW_CSV, ROWS_TABLE
from prefdata.results.manifest import equation

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.audit import (
        AuditReport,
        Detection,
        Issue,
        LabelAuditResult,
        Power,
        SliceResult,
    )
    from prefdata.results.changes import Changes
    from prefdata.results.training import Estimate

_SLICES = 5
_SUSPECTS = 5
_WIDTH = 60
_AT_K = 3
_COIN = 0.5
_ALL, _CONTENT, _BLIND = "all", "content", "prompt-blind"
_BASELINES = ("the same reward for all", "length only", "shuffled labels")


def show_audit(report: AuditReport, folder: Path, there: Path) -> None:
    """Prints row counts, certain findings, the models' results, reviews, and the files written.

    `folder`: folder of the audit, as the user named it; `there`: the same as an absolute path.
    """
    screen = console()
    say(screen, _rows(report), style="bold")
    _show_issues(
        screen, "Certain (rules and comparisons)", filterfalse(_is_to_look_at, report.issues)
    )
    if any(map(_is_to_look_at, report.issues)):
        title = "To look at (similar rows, with what sets them apart)"
        _show_issues(screen, title, filter(_is_to_look_at, report.issues))
    if report.labels is not None:
        _show_labels(screen, report.labels)
    if before := ", ".join(_earlier_verdicts(report)):
        say(screen, f"Said by an earlier audit: {before}.", indent="  ")
    if report.reviewed is not None:
        reviewed = report.reviewed
        nothing = "none of them in these data" if reviewed.rows else "none decided"
        decided = (
            ", ".join(f"{name} {rows:,}" for name, rows in reviewed.decisions.items()) or nothing
        )
        rate = report.reviewed.flip_rate
        screen.print()
        say(screen, f"Reviewed by people: {report.reviewed.rows:,} rows ({decided}).", style="bold")
        if rate is not None:
            told = f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"
            say(screen, f"  Wrong labels in all rows, by these decisions: {told}.")
    if report.changes is not None:
        screen.print()
        say(screen, _changed(report.changes), style="bold")
    for code, remark in report.remarks.items():
        screen.print(f"[yellow]{escape(code)}[/]: {escape(clean(remark))}", soft_wrap=True)
    _show_where(screen, folder, there)


def _rows(report: AuditReport) -> str:
    """For example: `Rows: 10 read = 8 audited + 2 dropped before + 0 quarantined.`"""
    counts = report.counts
    if counts.rows is not None:
        return f"{equation(counts)}."
    dropped = sum(counts.dropped.values())
    kept = "kept, none of them audited" if report.labels is None else "audited"
    return (
        f"Rows: {counts.read:,} read = {counts.kept:,} {kept} + {dropped:,} dropped before + "
        f"{counts.quarantined:,} quarantined."
    )


def _changed(changes: Changes) -> str:
    told = f"{changes.changed:,} changed, {changes.came:,} came, {changes.went:,} went"
    return f"Rows since {clean(changes.before.path)}: {told}, {changes.same:,} are the same."


def _earlier_verdicts(report: AuditReport) -> Iterator[str]:
    """Verdicts of an earlier audit of the same output: counted, but not among the issues."""
    certain = {issue.code for issue in report.issues}
    verdicts = {"dropped": report.counts.dropped, "flagged": report.counts.flagged}
    for verdict, rows_by_code in verdicts.items():
        for code, rows in rows_by_code.items():
            if code not in certain:
                yield f"{clean(code)} {verdict} {rows:,}"


def _is_to_look_at(issue: Issue) -> bool:
    """Whether an issue says that rows are similar, and something sets them apart: no fact."""
    return issue.verdict == "flag" and issue.code in ("near-duplicate", "near-conflict")


def _show_issues(screen: Console, title: str, issues: Iterable[Issue]) -> None:
    screen.print()
    say(screen, title, style="bold")
    rows = [
        (Text(clean(issue.code)), issue.verdict, f"{issue.rows:,}", Text(clean(issue.says)))
        for issue in issues
    ]
    if not rows:
        say(screen, "  nothing")
        return
    table = _table("reason", "", "rows", "", right=(2,))
    for row in rows:
        table.add_row(*row)
    screen.print(table)


def _show_labels(screen: Console, labels: LabelAuditResult) -> None:
    screen.print()
    say(
        screen,
        f"Estimated (models, out-of-fold: {labels.pairs:,} pairs in {labels.groups:,} groups)",
        style="bold",
    )
    _show_accuracies(screen, labels)
    for view in labels.views:
        added = view.added
        if added is not None and added.value is not None and added.low is not None:
            ends = f"{added.low:+.3f} to {added.high:+.3f}"
            say(screen, f"{view.name} adds {added.value:+.3f} ({ends}).", indent="  ")
    for sentence in _power(labels.power):
        say(screen, sentence, indent="  ")
    if not labels.is_judged:
        screen.print()
        say(screen, _capitalised(labels.why_not or "The audit flags no row."), style="yellow")
    else:
        _show_classes(screen, labels)
    for sentence in (*_standing_out(labels.slices), *_ablation(labels)):
        say(screen, sentence, indent="  ")


def _show_accuracies(screen: Console, labels: LabelAuditResult) -> None:
    """Prints the accuracies of the views, of the baselines and of single shortcuts."""
    table = _table("accuracy of", "", "95% interval", right=(1, 2))
    _add(table, "all views together", labels.accuracy, indent="")
    for view in labels.views:
        if view.name != _ALL:
            name = "content, controls taken out" if view.name == _CONTENT else view.name
            _add(table, name, view.accuracy)
    table.add_row("beside it", "", "", style="dim")
    for name, baseline in zip(_BASELINES, labels.baselines, strict=True):
        _add(table, name, baseline)
    table.add_row("alone", "", "", style="dim")
    for shortcut in labels.shortcuts:
        _add(table, shortcut.name, shortcut.accuracy)
    screen.print(table)
    for shortcut in labels.shortcuts:
        if (
            shortcut.name != _BLIND
            and shortcut.accuracy.low is not None
            and shortcut.accuracy.low > _COIN
        ):
            say(screen, f"{shortcut.name}: {clean(shortcut.says)}.", indent="  ")


def _add(table: Table, name: str, known: Estimate, indent: str = "  ") -> None:
    value = "-" if known.value is None else f"{known.value:.3f}"
    table.add_row(Text(indent + shortened(name, _WIDTH)), value, _ends_of_interval(known))


def _power(power: Power) -> Iterator[str]:
    by_name = {detection.name: detection for detection in power.detections}
    whole = by_name.get("all")
    if whole is None or whole.auroc is None:
        return
    beside = [f"{name} {_auroc(by_name[name])}" for name in by_name if name != "all"]
    if power.theory is not None:
        beside.append(f"expected at this accuracy {power.theory:.2f}")
    yield (
        f"Self-test: of {power.planted:,} labels flipped in {power.copies} copies of these data, "
        f"AUROC {_auroc(whole)}{_interval(whole)}, average precision "
        f"{whole.average_precision:.2f} (chance {power.flips:.2f})."
    )
    yield f"Beside it: {', '.join(beside)}."
    at_k = [f"{top.precision:.0%} of the first {top.k:,}" for top in power.at_k[:_AT_K]]
    if at_k:
        yield f"Planted flips are {', '.join(at_k)}."


def _auroc(detection: Detection) -> str:
    return "-" if detection.auroc is None else f"{detection.auroc:.2f}"


def _interval(detection: Detection) -> str:
    if detection.low is None or detection.high is None:
        return f" ({detection.absent})" if detection.absent else ""
    return f" ({detection.low:.2f} to {detection.high:.2f})"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _show_classes(screen: Console, labels: LabelAuditResult) -> None:
    screen.print()
    table = _table("labels", "rows", right=(1,))
    for name, rows in labels.classes.items():
        table.add_row(name, f"{rows:,}")
    screen.print(table)
    screen.print()
    say(screen, "How many labels are wrong", style="bold")
    for sentence in labels.claims.says if labels.claims else ():
        say(screen, clean(sentence), indent="  ")
    if labels.suspects:
        say(screen, "First by disagreement:", indent="  ")
    for suspect in labels.suspects[:_SUSPECTS]:
        where = f"{clean(suspect.place.source)}:{suspect.place.source_row}"
        told = f"{suspect.rank:,}. {where}: models give its label {suspect.p_label:.2f}"
        if suspect.p_flip is not None:
            ends = f"{suspect.p_low:.0%} to {suspect.p_high:.0%}"
            told += f"; of rows like this {suspect.p_flip:.0%} are wrong ({ends})"
        say(screen, told, indent="  ")
    if (more := len(labels.suspects) - _SUSPECTS) > 0:
        say(screen, f"and {more:,} more in the report", indent="  ", style="dim")


def _standing_out(slices: tuple[SliceResult, ...]) -> Iterator[str]:
    below = [part for part in slices if part.stands_out == "below"]
    for part in below[:_SLICES]:
        named = ", ".join(f"{by} {clean(value)}" for by, value in part.by.items())
        yield (
            f"Below the rest: {named}: accuracy {part.accuracy:.3f} "
            f"({part.low:.3f} to {part.high:.3f}), {part.pairs:,} pairs."
        )
    if len(below) > _SLICES:
        yield f"and {len(below) - _SLICES:,} more slices below the rest: see the report."


def _ablation(labels: LabelAuditResult) -> Iterator[str]:
    if labels.ablation is not None:
        yield f"Ablation: {labels.ablation.says}"


def _show_where(screen: Console, folder: Path, there: Path) -> None:
    names = (REPORT_PAGE, REVIEW_CSV, ROWS_TABLE, REPORT_JSON)
    written = [name for name in names if (there / name).exists()]
    screen.print()
    screen.print(f"{escape(clean(str(folder)))}: {', '.join(written)}", soft_wrap=True)


def _table(*headings: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 2))
    for number, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="right" if number in right else "left",
            no_wrap=number in right,
            overflow="fold",
        )
    return table


def _ends_of_interval(known: Estimate) -> str:
    if known.low is None or known.high is None:
        return ""
    return f"{known.low:.3f} to {known.high:.3f}"
