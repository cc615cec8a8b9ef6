"""Sentences recognised from their English text, for texts that were read back from a file.

A ledger holds evidence as English text. The templates say how it was made, so code and values can
be found again, and the sentence told in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

from prefdata.results.sentences import Sentence, joined, templates

LONGEST = 1000
"""Characters of a text that is compared with templates: evidence quotes little."""

WITHIN: dict[tuple[str, str], tuple[str, ...]] = {
    ("near.differs", "kind"): ("near.kind.",),
    ("near.differs", "part"): ("near.part.",),
    ("near.differs", "left"): ("near.quoted", "near.nothing"),
    ("near.differs", "right"): ("near.quoted", "near.nothing"),
    ("near.differs.messages", "part"): ("near.part.",),
    ("near.differs.calls", "part"): ("near.part.",),
    ("near.differs.form", "part"): ("near.part.",),
    ("cycle.circle", "rows"): ("row",),
    ("groups.bridge", "one"): ("groups.link",),
    ("groups.bridge", "other"): ("groups.link",),
    ("groups.leak", "one"): ("groups.link",),
    ("groups.link", "kind"): ("groups.same-", "groups.similar"),
    ("semantic.contrast", "limit"): ("threshold",),
    ("semantic.topic", "limit"): ("threshold",),
    ("semantic.outlier", "limit"): ("threshold",),
    ("semantic.lone-outlier", "limit"): ("threshold",),
    ("semantic.resembles", "limit"): ("threshold",),
    ("semantic.unlike", "limit"): ("threshold",),
    ("semantic.duplicate", "limit"): ("threshold",),
    ("scores.votes-by", "cast"): ("scores.final", "scores.one-judge", "scores.votes"),
    ("scores.rating", "criteria"): ("scores.overall", "scores.no-criterion"),
    ("scores.rank", "criteria"): ("scores.overall", "scores.no-criterion"),
    ("scores.verdict", "criteria"): ("scores.overall", "scores.no-criterion"),
    ("scores.accepted", "criteria"): ("scores.overall", "scores.no-criterion"),
    ("unpaired.not-judged", "what"): ("scores.",),
    ("unpaired.tie", "what"): ("scores.",),
    ("unpaired.no-gap", "what"): ("scores.",),
    ("unpaired.votes-tie", "cast"): ("scores.",),
    ("judge.same-answer", "answer"): ("answer.",),
    ("review.row", "decision"): ("decision.",),
    ("review.row", "place"): ("review.line", "review.mirrored"),
    ("review.noted", "decision"): ("decision.",),
    ("review.noted", "place"): ("review.line", "review.mirrored"),
}
"""Values that are sentences themselves: code and value to the codes that they may have, or their
beginnings. All other values are names, quotes and numbers, which may look like a sentence."""

_FEWEST_LETTERS = 3
"""Letters that a template must have of its own, so that no other text is taken for it. One that
has fewer must hold sentences."""


def recognised(text: str) -> str:
    """The sentence whose English text is `text`, or the text itself where no template fits.

    >>> from prefdata.results.sentences import chinese
    >>> chinese(recognised("one of 2 copies of the pair; row 34 is the first"))
    '该偏好对共有 2 份，第 34 行最早'
    """
    if isinstance(text, Sentence) or len(text) > LONGEST:
        return text
    return _one_of(text, _standing_alone()) or _several(text) or text


@dataclass(frozen=True)
class _Value:
    """A value in a template: its name, and its format."""

    name: str
    form: str

    def pattern(self) -> str:
        for form, pattern in _NUMBERS:
            if re.fullmatch(form, self.form):
                return pattern
        return "(.+)" if self.form else "(.+?)"

    def read(self, text: str, code: str) -> Any:
        """The value that was written as `text`. Raises ValueError if it cannot be."""
        if self.form.endswith("%"):
            return float(text[:-1].replace(",", "")) / 100
        if self.form.endswith("X"):
            return int(text, 16)
        if self.form == ",":
            return int(text.replace(",", ""))
        if self.form.endswith(("f", "g")):
            return float(text)
        if self.form:
            return tuple(_inner(part, code, self.name) for part in text.split(self.form))
        return int(text) if re.fullmatch(r"0|[1-9]\d*", text) else _inner(text, code, self.name)


_NUMBER = r"([+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|nan|inf))"
_NUMBERS = (
    (r"[+,]?\.\d%", r"([+-]?[\d,]+(?:\.\d+)?%)"),
    (r"04X", r"([0-9A-F]{4,6})"),
    (r",", r"(-?[\d,]+)"),
    (r"[+]?\.?\d?[fg]", _NUMBER),
)
"""Formats of numbers, and how they look."""


@dataclass(frozen=True)
class _Pattern:
    """What the English texts of a template have in common."""

    code: str
    is_clear: bool
    literals: tuple[str, ...]
    values: tuple[_Value, ...]
    expression: re.Pattern[str]

    @property
    def inner(self) -> tuple[str, ...]:
        """The names of values that are sentences."""
        return tuple(value.name for value in self.values if (self.code, value.name) in WITHIN)

    def sentence(self, text: str) -> Sentence | None:
        """The sentence of this code that reads `text`."""
        if not all(literal in text for literal in self.literals):
            return None
        match = self.expression.fullmatch(text)
        if match is None:
            return None
        found = zip(self.values, match.groups(), strict=True)
        try:
            values = {value.name: value.read(part, self.code) for value, part in found}
            sentence = Sentence(self.code, **values)
        except ValueError:  # looks like a number, and is none
            return None
        is_told = self.is_clear or all(isinstance(values[each], Sentence) for each in self.inner)
        return sentence if is_told and sentence == text else None


@cache
def _patterns() -> tuple[_Pattern, ...]:
    """One for every template but those that quote a value or join texts; the most words first."""
    made = [_pattern(code, english) for code, (english, _) in templates().items()]
    told = (pattern for pattern in made if pattern is not None)
    return tuple(sorted(told, key=lambda pattern: -sum(map(len, pattern.literals))))


@cache
def _standing_alone() -> tuple[_Pattern, ...]:
    """Those that can be told from any other text."""
    inside = tuple(start for starts in WITHIN.values() for start in starts)
    return tuple(
        pattern
        for pattern in _patterns()
        if not pattern.code.startswith(inside) and (pattern.is_clear or pattern.inner)
    )


def _pattern(code: str, english: str) -> _Pattern | None:
    parsed = list(Formatter().parse(english))
    if code in ("clauses", "paragraph") or any(conversion for *_, conversion in parsed):
        return None
    values = tuple(_Value(name, form or "") for _, name, form, _ in parsed if name is not None)
    literals = tuple(literal for literal, *_ in parsed if literal)
    expression = "".join(
        re.escape(literal) + ("" if name is None else _Value(name, form or "").pattern())
        for literal, name, form, _ in parsed
    )
    letters = sum(letter.isalpha() for literal in literals for letter in literal)
    is_clear = letters >= _FEWEST_LETTERS and " " in english  # a single word may be a name
    return _Pattern(code, is_clear, literals, values, re.compile(expression, re.DOTALL))


def _one_of(text: str, patterns: tuple[_Pattern, ...]) -> Sentence | None:
    found = (pattern.sentence(text) for pattern in patterns)
    return next((sentence for sentence in found if sentence is not None), None)


def _inner(text: str, code: str, name: str) -> str:
    """A value: a sentence where the value may be one, else the text."""
    starts = WITHIN.get((code, name))
    if starts is None:
        return text
    allowed = tuple(pattern for pattern in _patterns() if pattern.code.startswith(starts))
    return _one_of(text, allowed) or text


def _several(text: str) -> Sentence | None:
    """The clauses of a text that begins with a sentence; what follows it may be any text."""
    for end in _ends(text):
        if first := _one_of(text[:end], _standing_alone()):
            return joined(first, recognised(text[end + 2 :]))
    return None


def _ends(text: str) -> Iterator[int]:
    """Where the first clause may end, the longest one first: a sentence may hold a semicolon."""
    ends = [match.start() for match in re.finditer("; ", text)]
    return reversed(ends)
