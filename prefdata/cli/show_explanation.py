"""What a person sees of a row and its fate, or of a whole cluster. All text is cleaned."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from prefdata.cli.show import console
from prefdata.cli.show_differences import show_differences
from prefdata.cli.text import clean
from prefdata.pipeline.side_by_side import Row, messages_in
from prefdata.records.columns import SIDES

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.pipeline.cluster import Cluster, Member
    from prefdata.pipeline.explain import Explanations

_RAW_SHOWN = 2000


def show_explanations(found: Explanations, out: str, *, full: bool = False) -> None:
    """Rows: the fate of each, the evidence, and its text against the rows that it is about."""
    screen = console()
    for explanation in found.shown:
        row = Row(explanation.line, explanation.text)
        _show_fate(screen, row)
        if explanation.stands_for:
            count = sum(explanation.stands_for.values())
            rows = f"{count:,} more row{'' if count == 1 else 's'}"
            _show_line(screen, "stands", f"for {rows}: {_counted(explanation.stands_for)}; see")
            _show_line(screen, "", f"prefdata explain {out} --cluster {row.line['row']}")
        if not explanation.compared:
            _show_text(screen, row, full=full)
        for comparison in explanation.compared:
            _show_head(screen, comparison.other, "against ")
            show_differences(screen, row, comparison, full=full)
    _show_rest(screen, len(found.shown), found.matching, "rows")


def show_cluster(cluster: Cluster, *, full: bool = False) -> None:
    """The representative, then every member against it."""
    screen = console()
    rows = cluster.matching + 1
    screen.print(f"[bold]cluster of {rows:,} rows[/]: {escape(clean(_counted(cluster.reasons)))}")
    _show_fate(screen, cluster.representative)
    _show_text(screen, cluster.representative, full=full)
    for member in cluster.shown:
        screen.print()
        _show_member(screen, cluster.representative, member, full=full)
    _show_rest(screen, len(cluster.shown), cluster.matching, "members")


def _show_member(screen: Console, first: Row, member: Member, *, full: bool) -> None:
    _show_head(screen, member.compared.other)
    if member.similarity is not None:
        _show_line(screen, "alike", f"{member.similarity:.3f} to row {member.named}")
    if member.evidence:
        _show_line(screen, "why", member.evidence)
    show_differences(screen, first, member.compared, full=full, is_known=True)


def _show_fate(screen: Console, row: Row) -> None:
    line = row.line
    _show_head(screen, row)
    for label, value in (
        ("step", line["step"]),
        ("why", line["evidence"]),
        *((flag["reason"], flag["evidence"] or "yes") for flag in line["flags"]),
        ("split", line["split"]),
        ("file", line["file"]),
    ):
        if value:
            _show_line(screen, label, str(value))


def _show_head(screen: Console, row: Row, before: str = "") -> None:
    line = row.line
    fate = line["verdict"] if line["reason"] is None else f"{line['verdict']}: {line['reason']}"
    where = escape(clean(f"{line['source']}:{line['source_row']}"))
    screen.print(
        f"{before}[bold]row {line['row']}[/]  {where}  [bold]{escape(clean(fate))}[/]",
        soft_wrap=True,
    )


def _show_line(screen: Console, label: str, said: str) -> None:
    screen.print(f"  {escape(clean(label)):8} {escape(clean(said))}", soft_wrap=True)


def _show_text(screen: Console, row: Row, *, full: bool) -> None:
    for label, text in _texts(row.text, full=full):
        screen.print(f"  [cyan]{label:8}[/] {escape(clean(text))}", soft_wrap=True)


def _show_rest(screen: Console, shown: int, matching: int, what: str) -> None:
    if matching > shown:
        screen.print(f"{shown} of {matching} {what} shown; --limit shows more.", soft_wrap=True)


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())


def _texts(text: Mapping[str, Any] | None, *, full: bool) -> Iterator[tuple[str, str]]:
    """The lines that show a record, or the raw text of what is none."""
    if text is None:
        yield "text", "(not found)"
        return
    if raw := _raw(text, full=full):
        yield "raw", raw
    for side in SIDES:
        for role, said in messages_in(text, side) if side in text else ():
            yield side, said if side != "prompt" and role == "assistant" else f"{role}: {said}"
    if text.get("metadata") not in (None, "{}"):
        yield "metadata", text["metadata"]


def _raw(text: Mapping[str, Any], *, full: bool) -> str:
    """The beginning of what could not be read; bytes that are no text as escapes."""
    if "raw_base64" in text:
        raw = base64.b64decode(text["raw_base64"]).decode("utf-8", "backslashreplace")
    else:
        raw = str(text.get("raw", ""))
    more = len(raw) - _RAW_SHOWN
    return raw if full or more <= 0 else f"{raw[:_RAW_SHOWN]}… ({more:,} more characters)"
