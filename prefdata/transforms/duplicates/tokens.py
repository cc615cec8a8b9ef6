"""Tokens of texts for comparison: folding, classes of characters, and tokens.

Texts are compared without differences that readers do not see. Folding is Unicode's NFKC and
case folding (https://unicode.org/reports/tr15/), without invisible format characters. A token is
a word of a spaced script, a single character of a script that writes without spaces (Chinese,
Japanese, Korean, Thai, Lao, Khmer, Burmese), or a single symbol: `x + 3` and `x / 3` differ.
Punctuation and white space separate tokens.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from prefdata.records.unicode_form import normal_form, without_format

SEPARATOR, WORD, SYMBOL, CHARACTER = range(4)
"""Classes of characters. A run of WORD is one token; of SYMBOL and CHARACTER each is one."""

CARE = 0x80
"""Added to a class in `class_table`: the character changes when folded, or may combine with another
one, so a text that contains it must be folded first."""

UNKNOWN = 0xFF

_SYMBOLS_AMONG_PUNCTUATION = frozenset("*/%#@&\\")
_SIGN, _DIGITS = "-", frozenset("0123456789")
"""A hyphen counts where a digit follows it (-5, x-3, 2020-2021), and is a dash elsewhere."""

_WITHOUT_SPACES = (
    "0E00-0EFF 1000-109F 1100-11FF 1780-17FF 2E80-2FDF 3005-3007 3021-3029 3031-3035 3041-318F"
    " 31A0-31BF 31F0-31FF 3400-4DBF 4E00-9FFF A960-A97F AA60-AA7F AC00-D7FF F900-FAFF"
    " 1B000-1B16F 20000-323AF"
)
_JOINING_JAMO = range(0x1160, 0x1200)


def fold(text: str) -> str:
    """The text without format characters, in NFKC, case-folded.

    >>> fold("Ｆull\\u200bwidth")
    'fullwidth'
    """
    if text.isascii():
        return text.lower()
    return normal_form("NFKC", normal_form("NFKC", without_format(text)).casefold())


def class_of(character: str) -> int:
    """The class of a character of a folded text."""
    category = unicodedata.category(character)
    if category[0] in "LMN":
        return CHARACTER if _is_without_spaces()[ord(character)] else WORD
    if character == "_":
        return WORD
    if category[0] == "S" or category in ("Co", "Cn") or character in _SYMBOLS_AMONG_PUNCTUATION:
        return SYMBOL  # unassigned: usually an emoji newer than this Python
    return SEPARATOR


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, in order (reference, slow).

    A text of nothing but punctuation is one token.

    >>> tokens_of("It's 3-4, 对吗 - re-read?")
    ['it', 's', '3', '-', '4', '对', '吗', 're', 'read']
    """
    tokens: list[str] = []
    plain = fold(text)
    word = -1  # where the current one begins
    for at, (character, following) in enumerate(zip(plain, f"{plain[1:]} ", strict=False)):
        kind = class_of(character)
        if character == _SIGN and following in _DIGITS:
            kind = SYMBOL
        if kind == WORD:
            word = at if word < 0 else word
            continue
        if word >= 0:
            tokens.append(plain[word:at])
            word = -1
        if kind != SEPARATOR:
            tokens.append(character)
    if word >= 0:
        tokens.append(plain[word:])
    return tokens or lone_token(text)


def lone_token(text: str) -> list[str]:
    """The single token of a text without other tokens: the text without white space."""
    whole = "".join(fold(text).split())
    return [whole] if whole else []


class ClassTable:
    """Code point to class, plus `CARE` if the text must be folded; `UNKNOWN` until filled in."""

    def __init__(self) -> None:
        self.codes = np.full(0x110000, UNKNOWN, np.uint8)
        self.learn(np.arange(0x80))

    def learn(self, points: npt.NDArray[np.int64]) -> None:
        """Fills in some code points."""
        for point in np.unique(points).tolist():
            self.codes[point] = _entry(chr(point))


@cache
def class_table() -> ClassTable:
    """The table of this process."""
    return ClassTable()


def _entry(character: str) -> int:
    category = unicodedata.category(character)
    kind = class_of(character)
    if category == "Cf" or category[0] == "M" or ord(character) in _JOINING_JAMO:
        return kind | CARE
    form = fold(character)
    if form != character:
        separates = all(class_of(c) == SEPARATOR for c in form)  # ， and … are punctuation, too
        return SEPARATOR if separates else kind | CARE
    return kind


@cache
def _is_without_spaces() -> npt.NDArray[np.bool_]:
    table = np.zeros(0x110000, np.bool_)
    for first, last in (pair.split("-") for pair in _WITHOUT_SPACES.split()):
        table[int(first, 16) : int(last, 16) + 1] = True
    return table
