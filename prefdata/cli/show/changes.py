"""Prints what changed from one build to another."""

from __future__ import annotations

from rich.markup import escape

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.tables import console, table_of
from prefdata.results.changes import Change, ChangedPlace, Changes, ComparedBuild

_STYLES = {"came": "green", "went": "red"}
_SHOWN_SETTINGS = 12
_SOURCES = 10
_WIDE = 60


def show_changes(result: Changes) -> None:
    """Prints counts, every change with its first rows, sources, and settings that differ."""
    screen = console()
    table = table_of("", "rows", "")
    for name, build in (("before", result.before), ("after", result.after)):
        table.add_row(name, f"{build.read:,}", escape(_kept(build)))
    table.add_row("same", f"{result.same:,}", "")
    for change in result.changes:
        style = _STYLES.get(change.kind, "yellow")
        table.add_row(f"[{style}]{change.kind}[/]", f"{change.rows:,}", escape(_says(change)))
    screen.print(table)
    for place in result.examples:
        screen.print(escape(_where(place)), style="dim", soft_wrap=True)
    _show_sources(result)
    for setting in result.settings[:_SHOWN_SETTINGS]:
        values = (_value(value) for value in (setting.before, setting.after))
        screen.print(escape(f"{clean(setting.name)}: {' → '.join(values)}"), soft_wrap=True)
    if (more := len(result.settings) - _SHOWN_SETTINGS) > 0:
        screen.print(f"{more:,} more settings differ: see --json", style="dim")
    if result.is_same:
        screen.print("No row differs.")
    else:
        told = (f"{result.changed:,} changed", f"{result.came:,} came", f"{result.went:,} went")
        screen.print(f"The builds differ: {', '.join(told)}, {result.same:,} rows are the same.")


def _kept(build: ComparedBuild) -> str:
    lines = "" if build.lines == build.read else f" in {build.lines:,} lines of the ledger"
    return f"read{lines}, {build.kept:,} kept: {clean(build.path)}"


def _value(value: object) -> str:
    return "none" if value is None else shortened(str(value), _WIDE)


def _says(change: Change) -> str:
    if change.kind == "label":
        return "the other completion is chosen now"
    return " → ".join(clean(end) for end in (change.before, change.after) if end is not None)


def _where(place: ChangedPlace) -> str:
    numbers = (f"row {n}" for n in (place.row_before, place.row_after) if n is not None)
    ends = [clean(end) for end in (place.before, place.after) if end is not None]
    where = clean(f"{place.source}:{place.source_row}")
    return f"  {place.kind:7}  {where}  {' → '.join(numbers)}  {' → '.join(ends)}".rstrip()


def _show_sources(result: Changes) -> None:
    if len(result.sources) < 2:
        return
    most = sorted(
        result.sources, key=lambda each: (-(each.came + each.went + each.changed), each.source)
    )
    table = table_of("source", "came", "went", "changed")
    for source in most[:_SOURCES]:
        numbers = (f"{n:,}" for n in (source.came, source.went, source.changed))
        table.add_row(escape(clean(source.source)), *numbers)
    console().print(table)
    if (more := len(most) - _SOURCES) > 0:
        console().print(f"and {more:,} more sources", style="dim")
