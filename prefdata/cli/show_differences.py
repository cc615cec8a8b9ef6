"""Two rows side by side, or one above the other on a narrow screen, with the differences marked.

What only the left row has is `[-so-]`, what only the right row has `{+so+}`: marks that survive a
pipe and a screen reader. A terminal shows them in colour besides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells
from rich.text import Text

from prefdata.cli.text import clean

if TYPE_CHECKING:
    from rich.console import Console

    from prefdata.pipeline.side_by_side import Comparison, Row
    from prefdata.transforms.differences import Difference

WIDE = 100
"""Cells of a screen from which two columns are shown."""

SAME_SHOWN, SAME_AROUND = 240, 70
"""Characters of an equal stretch that is shown whole; shown of a longer one at either end."""

DIFFERENT_SHOWN, DIFFERENT_AROUND = 2_000, 800
"""The same for a stretch that differs, and for a part that is equal from end to end."""

Cell = tuple[str, Text]
"""A label and what it stands for."""

_LABEL = 10
_WORD = 16  # characters that may be left out besides so that a word is not cut
_MARKS = {"left": ("[-", "-]", "red"), "right": ("{+", "+}", "green")}
_BLANKS = {" ": "␣", "\n": "⏎\n", "\t": "⇥"}
_JOINER = "\u200d"  # holds an emoji together

_UNSPACED = "\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\uffef"
_UNBROKEN = re.compile(rf"\s+|[^\s{_UNSPACED}]+|.[，。、；：？！）」』】》]*", re.DOTALL)
"""What a line is not broken within: words, and characters of scripts without spaces."""


def show_differences(
    screen: Console, left: Row, comparison: Comparison, *, full: bool, is_known: bool = False
) -> None:
    """Shows a row against the other row of a comparison.

    `full` shortens nothing; `is_known`: the left row was shown before, and what is the same in
    both is not shown again.
    """
    right = comparison.other
    for remark in _remarks(left, comparison):
        _say(screen, remark)
    cells = list(_texts(comparison, full=full, is_known=is_known))
    cells += _metadata(left, right, full=full)
    numbers = left.line["row"], right.line["row"]
    show = _beside if screen.width >= WIDE else _above
    for line in show(numbers, cells, screen.width):
        screen.print(line, soft_wrap=True)
    for part in comparison.parts:
        for note in _notes(part.left, part.right, part.difference):
            _say(screen, note)


def _say(screen: Console, said: str) -> None:
    screen.print(Text(f"  {said}", style="dim"), soft_wrap=True)


def _remarks(left: Row, comparison: Comparison) -> Iterator[str]:
    """What has to be known to read the two texts."""
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
    kinds = {span.kind for part in comparison.parts for span in part.difference.spans}
    legend = {"left": f"[-only in row {row}-]", "right": f"{{+only in row {other}+}}"}
    if marks := [said for kind, said in legend.items() if kind in kinds]:
        yield f"marked: {' '.join(marks)}"


def _notes(left: str, right: str, difference: Difference) -> Iterator[str]:
    names = left if left == right else f"{left} and {right}"
    if difference.only_form:
        yield f"{names}: nothing differs but Unicode form, case or white space"
    if difference.uncompared:
        yield (
            f"{names}: {difference.uncompared:,} characters were too many to be compared word by "
            "word; they are marked as different in whole"
        )


def _texts(comparison: Comparison, *, full: bool, is_known: bool) -> Iterator[tuple[Cell, Cell]]:
    for part in comparison.parts:
        difference = part.difference
        if difference.is_same:
            said = "".join(span.text for span in difference.spans)
            same = Text(clean(_cut(said, DIFFERENT_SHOWN, DIFFERENT_AROUND, full=full)))
            first = Text("(as above)", "dim") if is_known else same or Text("(empty)", "dim")
            yield (part.left, first), (part.right, Text("(the same)", "dim"))
        else:
            yield (
                (part.left, marked(difference, "left", full=full)),
                (part.right, marked(difference, "right", full=full)),
            )


def marked(difference: Difference, side: str, *, full: bool) -> Text:
    """One of two texts, left or right, with marks around what the other one does not have."""
    text = Text()
    for span in difference.spans:
        if span.kind == "same":
            text.append(
                clean(_cut(span.text, SAME_SHOWN, SAME_AROUND, full=full, what=" the same"))
            )
        elif span.kind == side:
            opening, closing, style = _MARKS[side]
            said = visible(_cut(span.text, DIFFERENT_SHOWN, DIFFERENT_AROUND, full=full))
            text.append(f"{opening}{said}{closing}", style=style)
    return text if text else Text("(empty)", style="dim")


def visible(said: str) -> str:
    r"""A piece that differs, with all that cannot be seen in it spelled out.

    >>> visible("a\u200b"), visible(" \t"), visible("a b")
    ('a\\u200b', '␣⇥', 'a b')
    """
    if said.isspace():
        return "".join(_BLANKS.get(c, c.encode("unicode_escape").decode()) for c in said)
    for character in set(said) - {_JOINER}:
        if unicodedata.category(character) in ("Cf", "Zl", "Zp"):
            said = said.replace(character, character.encode("unicode_escape").decode())
    return clean(said)


def _cut(said: str, longest: int, around: int, *, full: bool, what: str = "") -> str:
    """A long text without its middle, and how much that is; words stay whole where they can."""
    if full or len(said) <= longest:
        return said
    head, tail = said[:around], said[-around:]
    head = head[: 1 + head.rfind(" ", around - _WORD)] or head
    tail = tail[max(tail.find(" ", 0, _WORD), 0) :]
    left_out = len(said) - len(head) - len(tail)
    return f"{head}… ({left_out:,} characters{what}) …{tail}"


def _metadata(left: Row, right: Row, *, full: bool) -> Iterator[tuple[Cell, Cell]]:
    found = [str((row.text or {}).get("metadata") or "{}") for row in (left, right)]
    if set(found) != {"{}"}:
        first, second = (Text(clean(_cut(said, 400, 160, full=full))) for said in found)
        yield ("metadata", first), ("metadata", second)


def _beside(rows: tuple[int, int], cells: list[tuple[Cell, Cell]], width: int) -> Iterator[Text]:
    column = (width - 2 * _LABEL - 4) // 2
    heads = [("", Text(f"row {row}", style="bold")) for row in rows]
    for left, right in [(heads[0], heads[1]), *cells]:
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


def _label(said: str) -> tuple[str, str]:
    return said.ljust(_LABEL), "cyan"


def _above(rows: tuple[int, int], cells: list[tuple[Cell, Cell]], width: int) -> Iterator[Text]:
    indent = max(len(f"  row {row} ") for row in rows) + _LABEL
    for pair in cells:
        for row, (label, text) in zip(rows, pair, strict=True):
            head = f"  row {row} {label}".ljust(indent)
            for line in broken(text, max(width - indent, indent)):
                yield Text.assemble((head, "cyan"), line)
                head = " " * indent


def broken(text: Text, cells: int) -> list[Text]:
    """A text in lines of at most a number of cells, which keep their styles.

    >>> [line.plain for line in broken(Text("ab cd 天空是什么"), 8)]
    ['ab cd 天', '空是什么']
    """
    lines: list[Text] = []
    for line in text.split("\n", allow_blank=True):
        line.expand_tabs(4)
        breaks, at, used = [], 0, 0
        for unbroken in _UNBROKEN.findall(line.plain):
            for piece in chop_cells(unbroken, cells):
                if used + cell_len(piece) > cells and not piece.isspace():
                    breaks.append(at)
                    used = 0
                at, used = at + len(piece), used + cell_len(piece)
        lines += line.divide(breaks)
    for line in lines:
        line.rstrip()
    return lines
