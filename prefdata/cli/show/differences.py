"""Prints two rows side by side, or one above the other on a narrow screen, with differences marked.

Text of the left row only is `[-so-]`, text of the right row only is `{+so+}`: marks that survive a
pipe and a screen reader. A terminal shows them in colour as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from prefdata.cli.show.lines import Line, broken, clean, cut, headed, visible

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.pipeline.explanation.side_by_side import ComparedPart, Row, SideBySide
    from prefdata.transforms.texts.differences import Difference

WIDE = 100
"""Width of a screen, in cells, from which two columns are shown."""

SAME_SHOWN, SAME_AROUND = 240, 70
"""Characters up to which an equal stretch is shown whole; characters shown at each end of a longer
one."""

TEXT_SHOWN, TEXT_AROUND = 2_000, 800
"""The same for a stretch that differs, and for a text without marks."""

Facing = tuple[str, Line, Line]
"""A note on two corresponding parts, then the left and the right part."""

_LABEL = 10
_MARKS = {"left": ("[-", "-]", "red"), "right": ("{+", "+}", "green")}


def show_differences(
    screen: Console, left: Row, comparison: SideBySide, *, full: bool, is_known: bool = False
) -> None:
    """Prints a row against the other row of a comparison.

    `full`: shorten nothing. `is_known`: the left row was printed before; parts that are the same in
    both rows are not repeated.
    """
    right = comparison.other
    for remark in _remarks(left, comparison):
        _say(screen, remark)
    parts = [*_texts(comparison, full=full, is_known=is_known)]
    if not comparison.prompts_only:
        parts += _metadata(left, right, full=full)
    numbers = left.line["row"], right.line["row"]
    show = _beside if screen.width >= WIDE else _above
    for line in show(numbers, parts, screen.width):
        screen.print(line, soft_wrap=True)


def _say(screen: Console, text: str) -> None:
    for line in broken(Text(text, style="dim"), max(screen.width - 2, 10)):
        screen.print(Text.assemble("  ", line), soft_wrap=True)


def _remarks(left: Row, comparison: SideBySide) -> Iterator[str]:
    """Yields remarks on how the two rows are shown, and a legend of the marks."""
    row, other = left.line["row"], comparison.other.line["row"]
    if comparison.opposite:
        yield (
            f"opposite labels: what row {row} prefers, row {other} rejects; the sides stand "
            "crossed, so that the same completions face each other"
        )
    elif comparison.crossed:
        yield "the sides stand crossed, so that the completion that both rows have faces itself"
    if not comparison.parts:
        yield "there are no two texts to compare"
    if comparison.parts and comparison.prompts_only:
        yield "only the prompts are shown: they decide which rows must not part"
    marked = [part for part in comparison.parts if not part.is_unlike]
    kinds = {span.kind for part in marked for span in part.difference.spans}
    legend = {"left": f"[-only in row {row}-]", "right": f"{{+only in row {other}+}}"}
    if legend := {kind: mark for kind, mark in legend.items() if kind in kinds}:
        yield f"marked: {' '.join(legend.values())}"


def _texts(comparison: SideBySide, *, full: bool, is_known: bool) -> Iterator[Facing]:
    for part in comparison.parts:
        if part.difference.is_same:
            plain = _plain(part.difference, "left", full=full)
            first = Text("(as above)", "dim") if is_known else plain
            second = Text("(the same)", "dim")
        else:
            show = _plain if part.is_unlike else marked
            first, second = (show(part.difference, side, full=full) for side in _MARKS)
        yield _note(part), (part.left, first), (part.right, second)


def _note(part: ComparedPart) -> str:
    if part.is_unlike:
        return "(different texts)"
    if part.difference.only_form:
        return "(nothing differs but Unicode form, case or white space)"
    if count := part.difference.uncompared:
        return (
            f"({count:,} characters were too many to be compared word by word; they are marked "
            "as different in whole)"
        )
    return ""


def _plain(difference: Difference, side: str, *, full: bool) -> Text:
    """The text of `side` ("left" or "right"), without marks."""
    text = "".join(span.text for span in difference.spans if span.kind in ("same", side))
    return Text(clean(cut(text, TEXT_SHOWN, TEXT_AROUND, full=full))) if text else _empty()


def _empty() -> Text:
    return Text("(empty)", style="dim")


def marked(difference: Difference, side: str, *, full: bool) -> Text:
    """The text of `side` ("left" or "right"), with marks around what the other text lacks."""
    text = Text()
    for span in difference.spans:
        if span.kind == "same":
            text.append(clean(cut(span.text, SAME_SHOWN, SAME_AROUND, full=full, what=" the same")))
        elif span.kind == side:
            opening, closing, style = _MARKS[side]
            piece = visible(cut(span.text, TEXT_SHOWN, TEXT_AROUND, full=full))
            core = piece.strip("\n")  # a mark alone on a line is easily missed
            before, after = piece[: piece.index(core)], piece[piece.index(core) + len(core) :]
            text.append(before).append(f"{opening}{core}{closing}", style=style).append(after)
    return text if text else _empty()


def _metadata(left: Row, right: Row, *, full: bool) -> Iterator[Facing]:
    texts = [str((row.text or {}).get("metadata") or "{}") for row in (left, right)]
    if set(texts) != {"{}"}:
        first, second = (Text(clean(cut(text, 400, 160, full=full))) for text in texts)
        yield "", ("metadata", first), ("metadata", second)


def _beside(rows: tuple[int, int], parts: list[Facing], width: int) -> Iterator[Text]:
    column = (width - 2 * _LABEL - 4) // 2
    heads = [("", Text(f"row {row}", style="bold")) for row in rows]
    for note, left, right in [("", heads[0], heads[1]), *parts]:
        yield from _noted(note, width)
        labels = left[0], right[0]
        for first, second in zip_longest(
            broken(left[1], column), broken(right[1], column), fillvalue=Text()
        ):
            padding = " " * (column - cell_len(first.plain))
            line = Text.assemble("  ", _label(labels[0]), first, padding)
            line = Text.assemble(line, "  ", _label(labels[1]), second)
            line.rstrip()
            yield line
            labels = "", ""


def _label(name: str) -> tuple[str, str]:
    return name.ljust(_LABEL), "cyan"


def _above(rows: tuple[int, int], parts: list[Facing], width: int) -> Iterator[Text]:
    indent = max(len(f"  row {row} ") for row in rows) + _LABEL
    for note, *pair in parts:
        yield from _noted(note, width)
        for row, (label, text) in zip(rows, pair, strict=True):
            head = f"  row {row} {label}".ljust(indent)
            for line in broken(text, max(width - indent, indent)):
                yield headed(head, line)
                head = " " * indent


def _noted(note: str, width: int) -> Iterator[Text]:
    for line in broken(Text(note, style="dim"), max(width - 2, 10)) if note else ():
        yield Text.assemble("  ", line)
