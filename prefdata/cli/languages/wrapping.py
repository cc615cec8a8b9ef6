"""Lines of Chinese text: a wide character takes two cells of a terminal, and ends a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import accumulate

_STARTS_NO_LINE = frozenset("，。；：、！？）」』》】”’…)]}.,;:!?%+-=|/")
_ENDS_NO_LINE = frozenset("（「『《【“‘([{")


def cells(text: str) -> int:
    """The cells that a text takes on a terminal.

    >>> cells("行 row")
    6
    """
    return sum(map(_cells_of, text))


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells.

    They break at spaces and beside wide characters; not before closing punctuation, nor behind
    opening punctuation, nor within a word that is no longer than a line.

    >>> wrapped("保留的行写入 train.jsonl。", 13)
    ['保留的行写入', 'train.jsonl。']
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and cells(line) + cells(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while cells(line.rstrip()) > width:  # a word that is longer than a line
            end = _end_of_first(line, width)
            lines.append(line[:end])
            line = line[end:]
    return [*lines, line.rstrip()]


def _end_of_first(word: str, width: int) -> int:
    """Where the first line of a long word ends: behind what joins its parts, if it can."""
    fitting = max(1, sum(end <= width for end in accumulate(map(_cells_of, word))))
    return max(word.rfind(joint, 0, fitting) for joint in "|,/") + 1 or fitting


def _pieces(text: str) -> Iterator[str]:
    """The parts of a text between which a line may break, spaces at their ends."""
    start = 0
    for place in range(1, len(text)):
        if _may_break(text[place - 1], text[place]):
            yield text[start:place]
            start = place
    yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if before == " " or after == " ":
        return after != " "
    if after in _STARTS_NO_LINE or before in _ENDS_NO_LINE:
        return False
    return _cells_of(before) == 2 or _cells_of(after) == 2


def _cells_of(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
