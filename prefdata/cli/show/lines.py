"""Formats text for a terminal: shortened, wrapped, with invisible characters spelled out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from rich.cells import cell_len as cells_of
from rich.cells import chop_cells
from rich.text import Text

Line = tuple[str, Text]
"""A label and its text; a text with `no_wrap`, such as a command to copy, is not wrapped."""

_LABEL = 8
_SPARED = 16  # further characters that may be left out so that no word is cut
_BLANKS = {" ": "␣", "\n": "⏎\n", "\t": "⇥"}
_JOINER = "\u200d"  # holds an emoji together

_UNSPACED = "\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\uffef"
_OPEN, _CLOSE, _STOPS = r"(?:\[-|\{\+)", r"(?:-\]|\+\})", "[，。、；：？！）」』】》]*"
_LETTER = rf"(?!{_OPEN}[\s{_UNSPACED}])[^\s{_UNSPACED}]"
_WORD = rf'{_LETTER}(?:(?!(?<=,)"){_LETTER})*'  # JSON without spaces breaks between its fields


@cache
def unbroken() -> re.Pattern[str]:
    """Pieces that are not broken across lines: words, and characters of unspaced scripts, together
    with the difference marks around them. Made when needed, which takes longer than most."""
    return re.compile(
        rf"(?:{_OPEN}\s*)?(?:[{_UNSPACED}]{_STOPS}|{_WORD})(?:\s*{_CLOSE}{_STOPS})*|\s+|{_OPEN}"
    )


def labelled(lines: Sequence[Line], width: int) -> Iterator[Text]:
    """Yields wrapped texts after their labels, which are padded to the longest.

    >>> lines = [("why", Text("short but wide")), ("a-long-label", Text("yes"))]
    >>> [line.plain for line in labelled(lines, 24)]
    ['  why          short but', '               wide', '  a-long-label yes']
    """
    indent = 3 + max([_LABEL, *(len(label) for label, _ in lines)])
    for label, text in lines:
        head = f"  {label}".ljust(indent)
        pieces = [text] if text.no_wrap else broken(text, max(width - indent, 10))
        for piece in pieces:
            yield headed(head, piece)
            head = " " * indent


def headed(head: str, line: Text) -> Text:
    """A line after its label, without trailing blanks."""
    whole = Text.assemble((head, "cyan"), line)
    whole.rstrip()
    return whole


def broken(text: Text, cells: int) -> list[Text]:
    """A text in lines of at most `cells` cells, which keep their styles.

    >>> [line.plain for line in broken(Text("ab cd 天空是什么"), 8)]
    ['ab cd 天', '空是什么']
    """
    lines: list[Text] = []
    for line in text.split("\n", allow_blank=True):
        line.expand_tabs(4)
        breaks, at, used = [], 0, 0
        for whole in unbroken().findall(line.plain):
            for piece in chop_cells(whole, cells):
                if used + cells_of(piece) > cells and not piece.isspace():
                    breaks.append(at)
                    used = 0
                at, used = at + len(piece), used + cells_of(piece)
        lines += line.divide(breaks)
    for line in lines:
        line.rstrip()
    return lines


def cut(text: str, longest: int, around: int, *, full: bool, what: str = "") -> str:
    """A text longer than `longest` characters without its middle, the length of which is stated.

    About `around` characters remain at each end; words stay whole if possible. `full`: no cut.
    """
    if full or len(text) <= longest:
        return text
    head, tail = text[:around], text[-around:]
    head = head[: 1 + head.rfind(" ", around - _SPARED)] or head
    tail = tail[max(tail.find(" ", 0, _SPARED), 0) :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}… ({left_out:,} characters{what}) …{tail}"


def visible(text: str) -> str:
    r"""A text with invisible characters spelled out, and white space if there is nothing else.

    >>> visible("a\u200b"), visible(" \t"), visible("a b")
    ('a\\u200b', '␣⇥', 'a b')
    """
    if text.isspace():
        return "".join(_BLANKS.get(c, c.encode("unicode_escape").decode()) for c in text)
    for character in set(text) - {_JOINER}:
        if unicodedata.category(character) in ("Cf", "Zl", "Zp"):
            text = text.replace(character, character.encode("unicode_escape").decode())
    return clean(text)


_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    r"""The text with control characters and direction overrides spelled out.

    A data file must not be able to move the cursor, colour the screen or turn a line round.

    >>> clean("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def shortened(text: str, width: int) -> str:
    """The text on one line, cut at `width` characters with an ellipsis."""
    line = " ".join(clean(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"
