"""Prints the result of `prefdata inspect`. All text of data files is cleaned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells
from rich.text import Text

from prefdata.cli.show.lines import clean, shortened
from prefdata.cli.show.tables import console, show_not_read

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.results.inspection import FileInspection, Inspection, ShownMessage, ShownRow, Side
    from prefdata.results.validation import LengthSummary

_TEXT_CELLS = 240
"""Cells of the screen for one message; a Chinese character takes two."""

_LOOKED_AT = 2000
"""Characters of a message that are read to fill these cells."""

_INDENT = 13

_TOKENS = re.compile(r"\s+|[^\s\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\uffef]+|.", re.DOTALL)
"""Tokens that are not broken across lines: words, and single characters of unspaced scripts."""

_CONTAINERS = {
    "jsonl": "JSON Lines",
    "json": "JSON",
    "json-columns": "JSON by columns",
    "xlsx": "Excel",
    "csv": "CSV",
    "parquet": "Parquet",
    "arrow-file": "Arrow file",
    "arrow-stream": "Arrow stream",
}


def show_inspection(result: Inspection) -> None:
    """Prints every file: its facts, then the sampled rows."""
    screen = console()
    for number, file in enumerate(result.files):
        if number:
            screen.print()
        screen.print(Text(clean(file.name), style="bold"), soft_wrap=True)
        _print_labelled(screen, _facts(file))
        for row in file.shown:
            screen.print(Text(f"  row {row.row}{_margin(row)}", style="dim"))
            _print_labelled(screen, _texts(row))
    show_not_read(result.not_read)


def _print_labelled(screen: Console, lines: Iterable[tuple[str, str]]) -> None:
    """Prints (label, text) pairs; the text is wrapped beside its label."""
    for label, text in lines:
        head = f"  {label}".ljust(_INDENT)
        for line in wrapped(text, max(screen.width - _INDENT, _INDENT)):
            screen.print(Text.assemble((head, "cyan"), line), soft_wrap=True)
            head = " " * _INDENT


def _facts(file: FileInspection) -> Iterator[tuple[str, str]]:
    packed = "" if file.compression == "none" else f", {file.compression}"
    container = _CONTAINERS.get(file.container, file.container)
    yield "container", f"{container}{packed}, {file.encoding}, {file.bytes:,} bytes"
    yield "dialect", f"{file.dialect}: {file.summary}"
    yield "polarity", file.polarity
    parts = (f"{part} = {' | '.join(map(_name, names))}" for part, names in file.parts.items())
    yield "fields", ", ".join(parts) or "none"
    if file.metadata:
        yield "metadata", ", ".join(map(_name, file.metadata))
    if file.renamed:
        pairs = (f"{_name(old)} is {_name(new)}" for old, new in file.renamed)
        yield "renamed", ", ".join(pairs)
    yield "rows", _rows(file)
    for bad in file.unreadable:
        yield "", f"{bad.reason} in row {bad.row}: {shortened(bad.evidence, 160)}"
    yield from _lengths("characters", file.characters)
    if file.sampled < file.records:
        yield "sample", f"words and languages are of {file.sampled:,} rows, evenly spread"
    yield from _lengths("words", file.words)
    if file.records:
        of = "every row" if file.sampled == file.records else f"{file.sampled:,} rows"
        yield "languages", f"{_counted(file.languages)} (of {of})"
        yield "scripts", f"{_counted(file.scripts)} (of every row)"


def _rows(file: FileInspection) -> str:
    speaking = file.rows - sum(file.quarantined.values()) - sum(file.unpaired.values())
    is_folded = speaking != file.records
    of = f"pairs of {speaking:,} rows" if is_folded else "pairs" if file.unpaired else "records"
    text = f"{file.rows:,}: {file.records:,} {of}"
    if file.with_margin:
        text += f" ({file.with_margin:,} with a margin)"
    if file.quarantined:
        rows = sum(file.quarantined.values())
        text += f", {rows:,} quarantined ({_counted(file.quarantined)})"
    if file.unpaired:
        rows = sum(file.unpaired.values())
        text += f", {rows:,} without a pair ({_counted(file.unpaired)})"
    return text


def _lengths(unit: str, lengths: Mapping[Side, LengthSummary]) -> Iterator[tuple[str, str]]:
    label = unit
    for side, summary in lengths.items():
        yield (
            label,
            (
                f"{side:8} mean {summary.mean:,.0f}, median {summary.p50:,}, "
                f"99% up to {summary.p99:,}, longest {summary.max:,}"
            ),
        )
        label = ""


def _texts(row: ShownRow) -> Iterator[tuple[str, str]]:
    for side in ("prompt", "chosen", "rejected"):
        label = side
        for text in _messages(getattr(row, side), bare="user" if side == "prompt" else "assistant"):
            yield label, text
            label = ""


def _messages(messages: tuple[ShownMessage, ...], bare: str) -> Iterator[str]:
    """The first and the last messages with roles; a single message of role `bare` without it."""
    if len(messages) == 1 and messages[0].role == bare:
        yield _message_text(messages[0])
        return
    for number, message in enumerate(messages):
        if len(messages) > 4 and 0 < number < len(messages) - 2:
            if number == 1:
                yield f"… {len(messages) - 3} more messages …"
            continue
        yield f"{message.role}: {_message_text(message)}"


def _message_text(message: ShownMessage) -> str:
    text = " ".join(text for text in (message.content, message.extra) if text)
    return fitted(text, _TEXT_CELLS) or "(empty)"


def fitted(text: str, cells: int) -> str:
    """The text on one line, cut to `cells` cells with an ellipsis.

    >>> fitted("天空是什么颜色", 9)
    '天空是什…'
    """
    line = Text(shortened(text[:_LOOKED_AT], _LOOKED_AT - 1))
    line.truncate(cells, overflow="ellipsis")
    return line.plain


def wrapped(text: str, cells: int) -> list[str]:
    """The text in lines of at most `cells` cells; a line may end between Chinese characters.

    >>> wrapped("ab cd 天空是什么", 8)
    ['ab cd 天', '空是什么']
    """
    lines = [""]
    for token in _TOKENS.findall(text):
        for part in chop_cells(token, cells):
            if cell_len(lines[-1]) + cell_len(part) > cells:
                lines.append("")
            if lines[-1] or not part.isspace():
                lines[-1] += part
    return [line.rstrip() for line in lines]


def _name(field: str) -> str:
    return shortened(field, 40) or repr(field)


def _margin(row: ShownRow) -> str:
    return "" if row.margin is None else f", margin {row.margin:g}"


def _counted(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {rows:,}" for name, rows in ordered) or "none"
