"""Prints manifests, validations and rules as tables. All text of data files is cleaned."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from prefdata.cli.show.lines import clean, shortened

if TYPE_CHECKING:
    from prefdata.results.manifest import AuditEntry, JudgingEntry, Manifest
    from prefdata.results.not_read import NotRead
    from prefdata.results.validation import Validation
    from prefdata.rules.rule import Rule

_WIDTH_OF_A_FILE = 200
_NUMBERS = ("rows", "came", "went", "changed")
_LEVEL_STYLES = {"error": "red", "warning": "yellow", "note": "cyan", "off": "dim"}


_given: ContextVar[Console | None] = ContextVar("console", default=None)


@contextmanager
def shown_on(screen: Console) -> Iterator[None]:
    """A context in which results are shown on `screen`, not on that of the process."""
    before = _given.set(screen)
    try:
        yield
    finally:
        _given.reset(before)


def console(*, stderr: bool = False) -> Console:
    """A rich console without emoji codes and highlighting, which would change text of the data."""
    if (given := _given.get()) is not None:
        return given
    screen = Console(stderr=stderr, highlight=False, emoji=False)
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        screen.width = _WIDTH_OF_A_FILE
    return screen


def show_manifest(manifest: Manifest, out: str) -> None:
    """Prints row counts, remarks, the audit in a line, and the commands to run next."""
    screen = console()
    counts = manifest.counts
    table = table_of("", "rows", "")
    of_sources = f"from {_counted(len(manifest.sources), 'source')}"
    unpaired = counts.rows.unpaired if counts.rows else {}
    table.add_row("read", str(counts.rows.read if counts.rows else counts.read), of_sources)
    for reason, rows in sorted(unpaired.items(), key=lambda item: -item[1]):
        table.add_row("no pair", str(rows), escape(reason))
    if counts.rows:
        in_pairs = _counted(counts.rows.in_pairs, "row")
        together = " (several to a pair)"
        is_folded = counts.rows.pairs < counts.rows.in_pairs
        of_rows = f"of {in_pairs}{together if is_folded else ''}"
        table.add_row("pairs made", str(counts.rows.pairs), of_rows)
    dropped = Counter(counts.dropped) - Counter(unpaired)
    for reason, rows in sorted(dropped.items(), key=lambda item: -item[1]):
        table.add_row("dropped", str(rows), escape(reason))
    if counts.quarantined:
        table.add_row("quarantined", str(counts.quarantined), "see quarantine/")
    is_split = len(counts.splits) > 1
    splits = ", ".join(f"{split} {rows}" for split, rows in counts.splits.items() if is_split)
    table.add_row("kept", str(counts.kept), splits, style="bold")
    for flag, rows in sorted(counts.flagged.items(), key=lambda item: -item[1]):
        table.add_row("  flagged", str(rows), escape(flag), style="dim")
    screen.print(table)
    show_not_read(manifest.not_read)
    for code, remark in manifest.remarks.items():
        screen.print(f"[yellow]{code}[/]: {escape(remark)}", soft_wrap=True)
    for judge in manifest.judging:
        screen.print(f"[bold]judge[/]: {escape(clean(_judged(judge)))}", soft_wrap=True)
    if manifest.audit is not None:
        screen.print(f"[bold]audit[/]: {_audited(manifest.audit)}", soft_wrap=True)
    screen.print(f"{escape(out)}: {_counted(len(manifest.files), 'file')}. Next:", soft_wrap=True)
    quoted = escape(shlex.quote(out))
    screen.print(f"  prefdata verify {quoted}", soft_wrap=True)
    if counts.dropped:
        reason = max(counts.dropped, key=lambda name: counts.dropped[name])
        screen.print(f"  prefdata explain {quoted} --reason {reason}", soft_wrap=True)
    if manifest.audit is None and counts.kept:
        screen.print(f"  prefdata audit {quoted}", soft_wrap=True)


def _judged(judge: JudgingEntry) -> str:
    """A language model that judged, and what it was found to do."""
    told = [f"{judge.judge}, {_counted(judge.pairs, 'pair')}"]
    if judge.consistency is not None:
        told.append(f"{judge.consistency:.0%} the same in both orders")
    if judge.agreement is not None:
        told.append(f"{judge.agreement:.0%} as the labels it was compared with")
    found = f"; found: {', '.join(judge.faults)} (see judging.json)" if judge.faults else ""
    return f"{', '.join(told)}{found}"


def _audited(audit: AuditEntry) -> str:
    if audit.wrong is None:
        likely = "share of wrong labels unknown: nobody has read any rows"
    else:
        likely = f"{audit.wrong[0]:.1%} to {audit.wrong[1]:.1%} of the labels wrong, by answers"
    auroc = "-" if audit.auroc is None else f"{audit.auroc:.2f}"
    return (
        f"{_counted(audit.pairs, 'pair')}, planted flips found with AUROC {auroc}, "
        f"{likely if audit.is_judged else 'the audit flagged no row'}; see report/index.html"
    )


def show_not_read(files: Sequence[NotRead]) -> None:
    """Prints how many files of source folders were not read, and a few names."""
    from prefdata.results.not_read import summarised

    for sentence in summarised(files):
        style = "dim" if sentence.code == "not-read.companions" else "yellow"
        console().print(escape(clean(sentence)), style=style, soft_wrap=True)


def show_validation(result: Validation) -> None:
    """Prints the sources, findings by rule with examples, remarks, lengths and scripts."""
    screen = console()
    table = table_of("source", "rows", "dialect", "container")
    for source in result.sources:
        read = f"{source.container} {source.compression} {source.encoding}".replace(" none", "")
        rows = str(source.rows)
        table.add_row(escape(clean(source.name)), rows, source.dialect, read.replace(" utf-8", ""))
    screen.print(table)
    show_not_read(result.not_read)
    for finding in result.findings:
        style = _LEVEL_STYLES[finding.level]
        rows = _counted(finding.rows, "row")
        screen.print(f"[{style}]{finding.level:7}[/] [bold]{finding.code}[/]  {rows}")
        screen.print(f"        {escape(finding.summary)} {escape(finding.fix)}", soft_wrap=True)
        for place in finding.examples[:3]:
            where = escape(clean(f"{place.source}:{place.row}"))
            evidence = escape(shortened(place.evidence, 80))
            screen.print(f"        {where}  {evidence}".rstrip(), soft_wrap=True)
    for code, remark in result.remarks.items():
        screen.print(f"[yellow]warning[/] [bold]{code}[/]  {escape(remark)}", soft_wrap=True)
    for side, lengths in result.lengths.items() if result.records else ():
        screen.print(
            f"{side:9} characters: mean {lengths.mean:,.0f}, median {lengths.p50:,}, "
            f"99% up to {lengths.p99:,}, longest {lengths.max:,}"
        )
    scripts = sorted(result.scripts.items(), key=lambda item: -item[1])
    if scripts:
        screen.print("scripts   " + ", ".join(f"{name} {rows:,}" for name, rows in scripts))
    warnings, notes = (_rows_at(result, level) for level in ("warning", "note"))
    noted = f", {_counted(notes, 'note')}" if notes else ""
    made = f"{result.records:,} readable"
    if result.in_pairs is not None:
        made = f"{_counted(result.records, 'pair')} made of {result.in_pairs:,} of them"
    screen.print(
        f"{_counted(result.rows, 'row')}, {made}; "
        f"{_counted(result.errors, 'error')}, {_counted(warnings, 'warning')}{noted}."
    )


def _rows_at(result: Validation, level: str) -> int:
    return sum(finding.rows for finding in result.findings if finding.level == level)


def show_rules(rules: Iterable[Rule]) -> None:
    """Prints every rule as a line of a table."""
    table = table_of("code", "level", "finds", "fix")
    for rule in rules:
        style = _LEVEL_STYLES[rule.level]
        table.add_row(
            rule.code, f"[{style}]{rule.level}[/]", escape(rule.summary), escape(rule.fix)
        )
    console().print(table)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def table_of(*headings: str) -> Table:
    """A table without borders; if too wide, its columns of prose and paths are wrapped."""
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    wide = {"source", "finds", "fix"}
    for heading in headings:
        justify: JustifyMethod = "right" if heading in _NUMBERS else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading not in wide)
    return table
