"""What a person sees of an audit: what is certain first, then what the models think."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.metrics import say
from prefdata.cli.show.tables import console
from prefdata.results.layout import REPORT_JSON, REPORT_PAGE, REVIEW_CSV, ROWS_TABLE

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.audit import (
        AuditReport,
        Detection,
        LabelAuditResult,
        Power,
        Prior,
        SliceResult,
    )
    from prefdata.results.training import Estimate

_SLICES = 5
_SUSPECTS = 5
_WIDTH = 60
_AT_K = 3
_COIN = 0.5
_ALL, _CONTENT, _BLIND = "all", "content", "prompt-blind"
_BASELINES = ("the same reward for all", "length only", "shuffled labels")


def show_audit(found: AuditReport, folder: Path, there: Path) -> None:
    """Rows, findings of rules and comparisons, what the models say, and where it stands.

    `folder`: where the audit was written, as it was named; `there`: whole.
    """
    screen = console()
    say(screen, _rows(found), style="bold")
    _show_certain(screen, found)
    if found.labels is not None:
        _show_labels(screen, found.labels)
    if before := ", ".join(_said_before(found)):
        say(screen, f"Said by an earlier audit: {before}.", indent="  ")
    if found.reviewed is not None:
        reviewed = found.reviewed
        nothing = "none of them in these data" if reviewed.rows else "none decided"
        said = ", ".join(f"{name} {rows:,}" for name, rows in reviewed.decisions.items()) or nothing
        rate = found.reviewed.flip_rate
        screen.print()
        say(screen, f"Reviewed by people: {found.reviewed.rows:,} rows ({said}).", style="bold")
        if rate is not None and rate.value is not None:
            say(screen, f"  Wrong labels in all rows, by these decisions: {_estimate(rate)}.")
    for code, said in found.remarks.items():
        screen.print(f"[yellow]{escape(code)}[/]: {escape(clean(said))}", soft_wrap=True)
    _show_where(screen, folder, there)


def _rows(found: AuditReport) -> str:
    """For example: `Rows: 10 read = 8 audited + 2 dropped before + 0 quarantined.`"""
    counts = found.counts
    dropped = sum(counts.dropped.values())
    kept = "kept, none of them audited" if found.labels is None else "audited"
    return (
        f"Rows: {counts.read:,} read = {counts.kept:,} {kept} + {dropped:,} dropped before + "
        f"{counts.quarantined:,} quarantined."
    )


def _said_before(found: AuditReport) -> Iterator[str]:
    """What the audit of the build said, whose output is audited again: no rule, and no issue."""
    certain = {issue.code for issue in found.issues}
    verdicts = {"dropped": found.counts.dropped, "flagged": found.counts.flagged}
    for verdict, rows_by_code in verdicts.items():
        for code, rows in rows_by_code.items():
            if code not in certain:
                yield f"{clean(code)} {verdict} {rows:,}"


def _show_certain(screen: Console, found: AuditReport) -> None:
    screen.print()
    say(screen, "Certain (rules and comparisons)", style="bold")
    if not found.issues:
        say(screen, "  nothing")
        return
    table = _table("reason", "", "rows", "", right=(2,))
    for issue in found.issues:
        table.add_row(
            Text(clean(issue.code)), issue.verdict, f"{issue.rows:,}", Text(clean(issue.says))
        )
    screen.print(table)


def _show_labels(screen: Console, labels: LabelAuditResult) -> None:
    screen.print()
    say(
        screen,
        f"Probable (models across folds, {labels.pairs:,} pairs in {labels.groups:,} groups)",
        style="bold",
    )
    _show_accuracies(screen, labels)
    for said in _power(labels.power):
        say(screen, said, indent="  ")
    say(screen, _prior(labels.prior), indent="  ")
    if not labels.is_judged:
        screen.print()
        say(screen, _begun(labels.why_not or "Single labels are not judged."), style="yellow")
    else:
        _show_classes(screen, labels)
    for said in (*_standing_out(labels.slices), *_ablation(labels)):
        say(screen, said, indent="  ")


def _show_accuracies(screen: Console, labels: LabelAuditResult) -> None:
    """The views, what they have to beat, and what shortcuts alone predict."""
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
    for each in labels.shortcuts:
        _add(table, each.name, each.accuracy)
    screen.print(table)
    for each in labels.shortcuts:
        if each.name != _BLIND and each.accuracy.low is not None and each.accuracy.low > _COIN:
            say(screen, f"{each.name}: {clean(each.says)}.", indent="  ")


def _add(table: Table, name: str, known: Estimate, indent: str = "  ") -> None:
    value = "-" if known.value is None else f"{known.value:.3f}"
    table.add_row(Text(indent + shortened(name, _WIDTH)), value, _ends(known))


def _power(power: Power) -> Iterator[str]:
    by_name = {each.name: each for each in power.detections}
    whole = by_name.get("all")
    if whole is None or whole.auroc is None:
        return
    beside = [f"{name} {_auroc(by_name[name])}" for name in by_name if name != "all"]
    if power.theory is not None:
        beside.append(f"to expect by the accuracy {power.theory:.2f}")
    yield (
        f"Self-test: of {power.planted:,} labels turned in {power.copies} copies of these data, "
        f"AUROC {_auroc(whole)}{_between(whole)}, average precision "
        f"{whole.average_precision:.2f} (chance {power.flips:.2f})."
    )
    yield f"Beside it: {', '.join(beside)}."
    at_k = [f"{each.precision:.0%} of the first {each.k:,}" for each in power.at_k[:_AT_K]]
    if at_k:
        yield f"Planted flips are {', '.join(at_k)}."


def _auroc(each: Detection) -> str:
    return "-" if each.auroc is None else f"{each.auroc:.2f}"


def _between(each: Detection) -> str:
    if each.low is None or each.high is None:
        return f" ({each.absent})" if each.absent else ""
    return f" ({each.low:.2f} to {each.high:.2f})"


def _prior(prior: Prior) -> str:
    share = f"Wrong labels: {prior.low:.1%} to {prior.high:.1%} of all."
    return f"{share} {_begun(clean(prior.made))}."


def _begun(said: str) -> str:
    return said[:1].upper() + said[1:]


def _show_classes(screen: Console, labels: LabelAuditResult) -> None:
    screen.print()
    table = _table("labels", "rows", right=(1,))
    for name, rows in labels.classes.items():
        table.add_row(name, f"{rows:,}")
    screen.print(table)
    for top in labels.precision_at_k[:1]:
        say(
            screen,
            f"Of the labels that look most like flips {top.expected:.0%} of the first {top.k:,} "
            f"are expected to be wrong ({top.low:.0%} to {top.high:.0%}, depending on the share of "
            "wrong labels in all).",
            indent="  ",
        )
    for each in labels.suspects[:_SUSPECTS]:
        where = f"{clean(each.place.source)}, row {each.place.source_row}"
        chance = f"P(flip) {each.p_flip:.2f} ({each.p_low:.2f} to {each.p_high:.2f})"
        say(screen, f"{where}: {chance}, {each.label}", indent="  ")
    if (more := len(labels.suspects) - _SUSPECTS) > 0:
        say(screen, f"and {more:,} more in the report", indent="  ", style="dim")


def _standing_out(slices: tuple[SliceResult, ...]) -> Iterator[str]:
    below = [each for each in slices if each.stands_out == "below"]
    for each in below[:_SLICES]:
        named = ", ".join(f"{by} {clean(value)}" for by, value in each.by.items())
        yield (
            f"Below the rest: {named}: accuracy {each.accuracy:.3f} "
            f"({each.low:.3f} to {each.high:.3f}), {each.pairs:,} pairs."
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


def _estimate(known: Estimate) -> str:
    value = "-" if known.value is None else f"{known.value:.1%}"
    if known.low is None or known.high is None:
        return value
    return f"{value} ({known.low:.1%} to {known.high:.1%})"


def _ends(known: Estimate) -> str:
    if known.low is None or known.high is None:
        return ""
    return f"{known.low:.3f} to {known.high:.3f}"
