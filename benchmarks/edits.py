"""Texts drawn at random as lists of pieces, and known edits of them.

A piece is a word as it stands in the running text, with what follows it: `river, `. Edits that
change words lower the similarity of two texts; cosmetic ones (capitals, punctuation) do not, for
whoever folds case and ignores punctuation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from generate import DRAWS, Draws, Language, language
from vocabulary import CHINESE_FORMS, CHINESE_WORDS, ENGLISH_FORMS, ENGLISH_WORDS

Pieces = list[str]

# Fields as long as here, by those of generate.py: 1.5 KB a row.
LENGTHS = {"prompt": 1.3, "chosen": 0.39, "rejected": 0.39}

# A vocabulary of so many words keeps three words in a row from meeting by chance.
ENGLISH_COUNT = 20_000
CHINESE_COUNT = 8_000

COMMON = 30  # places that each common word takes in a vocabulary: half of a text is made of them

ONSETS = "b c ch d f g gr h j k l m n p pl r s sh st t th tr v w"
VOWELS = "a e i o u ai ea io ou"
CODAS = "b d g l m n nd nt p r rk s st t x"

WORD_EDITS = ("substituted", "substituted", "substituted", "deleted", "inserted")
COSMETIC_EDITS = ("case", "punctuation")


@dataclass(frozen=True)
class Tongue:
    """A language to draw texts in."""

    code: str
    words: Language
    marks: tuple[str, ...]
    has_case: bool

    def pieces(self, count: int, draws: Draws) -> Pieces:
        """So many words."""
        return [self.words.words[i] for i in draws.take(count).tolist()]

    def length(self, field: str, drawn: int) -> int:
        """How many words a field has, from one draw."""
        return int(self.words.lengths[field][drawn])

    def text(self, pieces: Pieces) -> str:
        """The text that the pieces make."""
        text = "".join(pieces).rstrip(" \n\t-")
        return text[0].upper() + text[1:] + self.words.full_stop


def tongues(draws: Draws) -> tuple[Tongue, Tongue]:
    """English and Chinese."""
    english = language(_english_words(draws), ENGLISH_FORMS, ".", draws)
    chinese = language(_chinese_words(draws), CHINESE_FORMS, "。", draws)
    return (
        Tongue("en", _with_lengths(english), (", ", "; ", " - ", "... "), has_case=True),
        Tongue("zh", _with_lengths(chinese), ("，", "；", "、", "！"), has_case=False),
    )


def _with_lengths(drawn: Language) -> Language:
    lengths = {
        field: np.maximum((table * LENGTHS[field]).astype(int), 8)
        for field, table in drawn.lengths.items()
    }
    return replace(drawn, lengths=lengths)


def _english_words(draws: Draws) -> list[str]:
    """Common words, and words that nobody knows, of one or two syllables."""
    syllables = [o + v + c for o in ONSETS.split() for v in VOWELS.split() for c in CODAS.split()]
    drawn = (draws.take(2 * ENGLISH_COUNT) % len(syllables)).tolist()
    rare = [syllables[a] + (syllables[b] if b % 3 else "") for a, b in _by_two(drawn)]
    return _vocabulary(ENGLISH_WORDS, rare, ENGLISH_COUNT)


def _chinese_words(draws: Draws) -> list[str]:
    """Common words, and pairs of their characters."""
    characters = sorted(set("".join(CHINESE_WORDS)))
    drawn = (draws.take(2 * CHINESE_COUNT) % len(characters)).tolist()
    rare = [characters[a] + characters[b] for a, b in _by_two(drawn)]
    return _vocabulary(CHINESE_WORDS, rare, CHINESE_COUNT)


def _by_two(drawn: list[int]) -> list[tuple[int, int]]:
    return list(zip(drawn[0::2], drawn[1::2], strict=True))


def _vocabulary(common: list[str], rare: list[str], count: int) -> list[str]:
    often = [word for word in common for _ in range(COMMON)]
    known = set(common)
    return (often + [word for word in dict.fromkeys(rare) if word not in known])[:count]


def edits_for(rate: float, length: int, drawn: int) -> int:
    """How many edits make a rate: rounded up or down by chance, so that the mean is right."""
    return int(rate * length + drawn / DRAWS)


def edited(
    pieces: Pieces, count: int, tongue: Tongue, draws: Draws, kinds: tuple[str, ...]
) -> tuple[Pieces, Counter[str]]:
    """A text after so many edits, each of a kind drawn from `kinds`, and how many of each."""
    result, done = list(pieces), Counter[str]()
    for where, what, word in draws.take(3 * count).reshape(count, 3).tolist():
        kind = kinds[what % len(kinds)]
        if kind == "case" and not tongue.has_case:
            kind = "punctuation"
        _edit(result, kind, where % len(result), word, tongue)
        done[kind] += 1
    return result, done


def _edit(pieces: Pieces, kind: str, place: int, drawn: int, tongue: Tongue) -> None:
    """One edit, in place."""
    match kind:
        case "substituted":
            pieces[place] = tongue.words.words[drawn]
        case "inserted":
            pieces.insert(place, tongue.words.words[drawn])
        case "deleted" if len(pieces) > 1:
            del pieces[place]
        case "case":
            pieces[place] = pieces[place].swapcase()
        case "punctuation":
            pieces[place] = pieces[place].rstrip(" ") + tongue.marks[drawn % len(tongue.marks)]
