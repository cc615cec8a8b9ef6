"""Cutting long texts into pieces of bounded size, for encoders that count no tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil

_BORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n\s*\n",  # between paragraphs
        r"\n|[。！？；…]+[”’」』）]*|[.!?;]+[\"')\]]*(?=\s)",  # lines and sentences
        r"[，、：]|\s",  # clauses of Chinese, words
    )
)
"""Where a text may be cut, after each match: the better places first."""


def pieces_of(text: str, most: int) -> Iterator[str]:
    """Cuts a text into pieces of at most `most` characters, of about the same length each.

    A cut comes after a paragraph, else after a sentence or a line, else after a word, where there
    is one in the second half of a piece, and anywhere if there is none. The pieces joined are the
    text; an empty text has none.

    >>> list(pieces_of("The first sentence. And then another one.", 30))
    ['The first sentence.', ' And then another one.']
    """
    start = 0
    while start < len(text):
        left = len(text) - start
        end = start + ceil(left / ceil(left / most))
        if end < len(text):
            end = _cut(text, start + (end - start + 1) // 2, end)
        yield text[start:end]
        start = end


def _cut(text: str, first: int, last: int) -> int:
    """The best place between two to cut a text at, the latest of equally good ones."""
    for border in _BORDERS:
        cuts = [match.end() for match in border.finditer(text, first, last)]
        if cuts:
            return cuts[-1]
    return last
