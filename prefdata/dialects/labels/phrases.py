"""Labels that are a phrase: strongly prefer A, B is significantly better than A, A is worse."""

from __future__ import annotations

import re
from typing import NamedTuple

from prefdata.dialects.labels.marks import Mark, mark_of

_WORDS = re.compile(r"[a-z]+|\d+[a-z]*|[^\sa-z\d]")
_PUNCTUATION = frozenset("_-.,:;!*'\"`()[]")
_AMOUNTS = re.compile(r"\ba (?:bit|little|lot|tad)\b|\bby far\b|\ba great deal\b")
_NOUNS = frozenset((
    "model", "response", "answer", "output", "completion", "assistant", "option", "candidate",
    "conversation", "text", "reply", "summary", "side", "one",
))  # fmt: skip
_FILLERS = frozenset((
    "the", "is", "was", "i", "we", "strongly", "slightly", "somewhat", "moderately", "mildly",
    "weakly", "clearly", "significantly", "considerably", "substantially", "marginally", "much",
    "very", "far", "way", "definitely", "barely", "really", "greatly", "overwhelmingly", "bit",
))  # fmt: skip
_PREFER = frozenset((
    "prefer", "prefers", "preferred", "favor", "favour", "favors", "favours", "choose", "chose",
    "pick", "better", "best", "winner",
))  # fmt: skip
_BETTER = frozenset((
    "better", "best", "preferred", "superior", "stronger", "wins", "won", "winner", "favored",
    "favoured", "chosen", "beats",
))  # fmt: skip
_WORSE = frozenset((
    "worse", "worst", "inferior", "weaker", "loses", "lost", "loser", "rejected",
))  # fmt: skip
_THAN = frozenset(("than", "over", "to"))


class Phrase(NamedTuple):
    """The completion that a phrase is about, the one that it is compared with, and whether it is
    the worse one."""

    named: Mark
    other: Mark | None
    is_worse: bool


def phrase_marks(written: str) -> Phrase | None:
    """What a phrase (lower case) says; None unless every word of it is understood.

    >>> phrase_marks("slightly prefer b over a")
    Phrase(named=Mark(kind='letter', at=1), other=Mark(kind='letter', at=0), is_worse=False)
    >>> phrase_marks("a is not better") is None
    True
    """
    words = _WORDS.findall(_AMOUNTS.sub(" ", written.replace("_", " ")))
    kept = [w for w in words if w not in _FILLERS and w not in _NOUNS and w not in _PUNCTUATION]
    match kept:
        case [verb, one] if verb in _PREFER | _WORSE:
            return _phrase(one, None, is_worse=verb in _WORSE)
        case [verb, one, than, other] if verb in _PREFER and than in _THAN:
            return _phrase(one, other, is_worse=False)
        case [one, verb] if verb in _BETTER | _WORSE:
            return _phrase(one, None, is_worse=verb in _WORSE)
        case [one, verb, than, other] if verb in _BETTER | _WORSE and than in _THAN:
            return _phrase(one, other, is_worse=verb in _WORSE)
        case [one, ("beats" | "over"), other]:
            return _phrase(one, other, is_worse=False)
    return None


def _phrase(one: str, other: str | None, *, is_worse: bool) -> Phrase | None:
    named, compared = mark_of(one), None if other is None else mark_of(other)
    if named is None or (other is not None and compared is None):
        return None
    return Phrase(named, compared, is_worse)
