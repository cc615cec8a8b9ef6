"""Prints what happened to rows, or a cluster with its members. All text is cleaned."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from prefdata.cli.show.differences import TEXT_AROUND, TEXT_SHOWN, show_differences
from prefdata.cli.show.lines import Line, clean, cut, labelled
from prefdata.cli.show.tables import console
from prefdata.pipeline.explanation.side_by_side import Row, messages_in
from prefdata.records.columns import SIDES
from prefdata.rules.registry import ALL_RULES

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.pipeline.explain import Explanation, Explanations
    from prefdata.pipeline.explanation.cluster import Cluster, Member

_RAW_SHOWN = 2000


def show_explanations(explanations: Explanations, out: str, *, full: bool = False) -> None:
    """Prints each row: its verdict, the evidence, and its text against the rows named in it."""
    screen = console()
    for number, explanation in enumerate(explanations.shown):
        if number:
            screen.print()
        _show_explanation(screen, explanation, out, full=full)
    _show_rest(screen, len(explanations.shown), explanations.matching, "rows")


def _show_explanation(screen: Console, explanation: Explanation, out: str, *, full: bool) -> None:
    row = Row(explanation.line, explanation.text)
    _show_head(screen, row)
    lines = [*_verdict_lines(row), *_stands_for(explanation, out), *_judgements(explanation)]
    if not explanation.compared:
        lines += _texts(row.text, full=full)
    _show_lines(screen, lines)
    for comparison in explanation.compared:
        _show_head(screen, comparison.other, "against ")
        show_differences(screen, row, comparison, full=full)


def show_cluster(cluster: Cluster, *, full: bool = False) -> None:
    """Prints the representative, then every member against it."""
    screen = console()
    rows = cluster.matching + 1
    screen.print(f"[bold]cluster of {rows:,} rows[/]: {escape(clean(_counted(cluster.reasons)))}")
    first = cluster.representative
    _show_head(screen, first)
    _show_lines(screen, [*_verdict_lines(first), *_texts(first.text, full=full)])
    for member in cluster.shown:
        screen.print()
        _show_member(screen, first, member, full=full)
    _show_rest(screen, len(cluster.shown), cluster.matching, "members")


def _show_member(screen: Console, first: Row, member: Member, *, full: bool) -> None:
    _show_head(screen, member.compared.other)
    if member.evidence:
        _show_lines(screen, [_line("why", member.evidence)])
    show_differences(screen, first, member.compared, full=full, is_known=True)


def _verdict_lines(row: Row) -> Iterator[Line]:
    """Yields lines on the verdicts of a row, its split, group and file."""
    line = row.line
    if line["step"]:
        yield _line("step", line["step"])
    if line["reason"]:
        yield _line("why", line["evidence"] or _summary(line["reason"]))
    for flag in line["flags"]:
        yield _line(flag["reason"], flag["evidence"] or _summary(flag["reason"]))
    if line["split"]:
        yield _line("split", line["split"])
    if line["group"] not in (None, line["row"]):
        yield _line("group", str(line["group"]))
    if line["file"]:
        yield _line("file", line["file"], is_copied=True)


def _summary(reason: str) -> str:
    """The summary of a rule, for verdicts without evidence; "yes" if no rule has this code."""
    return next((rule.summary for rule in ALL_RULES if rule.code == reason), "yes")


def _stands_for(explanation: Explanation, out: str) -> Iterator[Line]:
    if explanation.stands_for:
        count = sum(explanation.stands_for.values())
        rows = f"{count:,} more row{'' if count == 1 else 's'}"
        yield _line("stands", f"for {rows}: {_counted(explanation.stands_for)}; see")
        command = f"prefdata explain {out} --cluster {explanation.line['row']}"
        yield _line("", command, is_copied=True)


def _judgements(explanation: Explanation) -> Iterator[Line]:
    """The rows that a pair was made of, with what each says of the chosen and the rejected one."""
    for spoken in explanation.judgements:
        who = f" {spoken['judge']}" if spoken["judge"] else ""
        said = cut(spoken["said"], TEXT_SHOWN, TEXT_AROUND, full=False)
        yield _line("judged", f"{spoken['source']}:{spoken['source_row']}{who}: {said}")


def _line(label: str, text: str, *, is_copied: bool = False) -> Line:
    return clean(label), Text(clean(text), no_wrap=is_copied)


def _show_lines(screen: Console, lines: list[Line]) -> None:
    for line in labelled(lines, screen.width):
        screen.print(line, soft_wrap=True)


def _show_head(screen: Console, row: Row, before: str = "") -> None:
    line = row.line
    fate = line["verdict"] if line["reason"] is None else f"{line['verdict']}: {line['reason']}"
    where = escape(clean(f"{line['source']}:{line['source_row']}"))
    screen.print(
        f"{before}[bold]row {line['row']}[/]  {where}  [bold]{escape(clean(fate))}[/]",
        soft_wrap=True,
    )


def _show_rest(screen: Console, shown: int, matching: int, what: str) -> None:
    if matching > shown:
        screen.print(f"{shown} of {matching} {what} shown; --limit shows more.", soft_wrap=True)


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())


def _texts(text: Mapping[str, Any] | None, *, full: bool) -> Iterator[Line]:
    """Yields the lines that show a record, or the raw text of a quarantined row."""
    if text is None:
        yield _line("text", "(not found)")
        return
    if raw := _raw(text, full=full):
        yield _line("raw", raw)
    for side in SIDES:
        for number, (role, content) in enumerate(messages_in(text, side) if side in text else ()):
            is_plain = side != "prompt" and role == "assistant"
            shown = cut(content, TEXT_SHOWN, TEXT_AROUND, full=full) or "(empty)"
            yield _line("" if number else side, shown if is_plain else f"{role}: {shown}")
    if text.get("metadata") not in (None, "{}"):
        yield _line("metadata", cut(text["metadata"], TEXT_SHOWN, TEXT_AROUND, full=full))


def _raw(text: Mapping[str, Any], *, full: bool) -> str:
    """The beginning of a raw row; bytes that are not UTF-8 as escapes."""
    if "raw_base64" in text:
        raw = base64.b64decode(text["raw_base64"]).decode("utf-8", "backslashreplace")
    else:
        raw = str(text.get("raw", ""))
    more = len(raw) - _RAW_SHOWN
    return raw if full or more <= 0 else f"{raw[:_RAW_SHOWN]}… ({more:,} more characters)"
