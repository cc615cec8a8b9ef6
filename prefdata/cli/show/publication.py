"""Prints the result of `prefdata push`."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from prefdata.cli.show.lines import clean
from prefdata.cli.show.metrics import say
from prefdata.cli.show.tables import console
from prefdata.results.publication import Publication

_STYLES = {"new": "green", "changed": "yellow", "same": "dim", "delete": "red", "unknown": "cyan"}
_SHORT = 10


def show_publication(done: Publication) -> None:
    """Prints a line for every file, remarks, a summary and the URL."""
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("")
    table.add_column("bytes", justify="right")
    table.add_column("file", overflow="fold")
    for file in done.files:
        style = _STYLES[file.fate]
        table.add_row(f"[{style}]{file.fate}[/]", f"{file.bytes:,}", escape(clean(file.path)))
    screen.print(table)
    for remark in done.remarks:
        say(screen, clean(remark), style="yellow")
    say(screen, f"{_place(done)}: {_summary(done)}")
    if done.url and done.branch is not None and not done.is_dry_run:
        say(screen, clean(done.url))


def _place(done: Publication) -> str:
    name = clean(done.target)
    if done.is_private is not None:
        name += " (private)" if done.is_private else " (public)"
    parts = [name]
    if done.branch is not None:
        parts.append(f"branch {clean(done.branch)}")
    if done.tag is not None:
        parts.append(f"tag {clean(done.tag)}")
    if done.commit is not None:
        parts.append(f"at {done.commit[:_SHORT]}")
    return ", ".join(parts)


def _summary(done: Publication) -> str:
    if not done.is_compared:
        return (
            f"{_files(len(done.files))} to send at most ({done.bytes_sent:,} bytes); what is there "
            "already is not known. Nothing was changed."
        )
    counts = {fate: sum(file.fate == fate for file in done.files) for fate in _STYLES}
    sent = counts["new"] + counts["changed"]
    if not sent and not counts["delete"]:
        return f"nothing to do, all {_files(counts['same'])} are there already."
    verb = "to send" if done.is_dry_run else "sent"
    gone = "to delete" if done.is_dry_run else "deleted"
    parts = [f"{_files(sent)} {verb} ({done.bytes_sent:,} bytes)"]
    if counts["same"]:
        parts.append(f"{counts['same']} there already")
    if counts["delete"]:
        parts.append(f"{counts['delete']} {gone}")
    if len(done.commits) > 1:
        parts.append(f"in {len(done.commits)} commits")
    if done.is_dry_run:
        return f"{', '.join(parts)}. Nothing was changed."
    read = f"{_files(done.read_back)} compared with what is there now" if done.read_back else ""
    return f"{', '.join(parts)}; {read or 'not read back'}."


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"
