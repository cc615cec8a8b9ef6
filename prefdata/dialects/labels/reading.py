"""How the values of a label are read: stated by a user, or by the documentation of a data set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from prefdata.dialects.labels.preference import (
    FIRST,
    SECOND,
    SIDES,
    TIE,
    Preference,
    by_sign,
    label_key,
    number_in,
)
from prefdata.dialects.values import describe
from prefdata.errors import ConfigError, RowFault

_ALLOWED = (
    "write VALUE=first, VALUE=second or VALUE=tie for each value (1=first,0=second,2=tie); "
    "or signed (negative: the first is better), positive=first, higher=better, lower=better"
)
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|(.*?))\s*=\s*([A-Za-z]+)\s*(?:,|$)', re.DOTALL)
_SIGNED = {
    "signed": SECOND, "negative=first": SECOND, "positive=second": SECOND,
    "positive=first": FIRST, "negative=second": FIRST,
}  # fmt: skip
"""How a signed label is stated, to the side that positive numbers speak for."""

_SCORES = {"higher=better": 1, "lower=worse": 1, "lower=better": -1, "higher=worse": -1}
_RESERVED = ("signed", "negative", "positive", "zero", "higher", "lower")
_STATES = re.compile(r"=\s*(?:first|second|tie)(?![a-z])")
"""A value that says so is two statements with something else than a comma between them."""

_LONGEST = 2000


@dataclass(frozen=True)
class LabelReading:
    """What the values of a label mean.

    `kind`: values: each value of `sides` (value to first, second or tie) means one; signed: the
    sign says which is better and the size how clearly; scores: there is no label, but a score of
    each completion. `positive`: of signed, the side that positive numbers speak for; of scores,
    first if the higher is better, second if the lower is.
    """

    kind: Literal["values", "signed", "scores"]
    sides: tuple[tuple[str, str], ...] = ()
    positive: str = SECOND

    @staticmethod
    def parse(text: str) -> LabelReading:
        """The reading that a text states. Raises ConfigError if it is none.

        >>> LabelReading.parse("true=first, false=second").text
        'false=second,true=first'
        >>> LabelReading.parse("negative=second").text
        'positive=first'
        """
        return _parsed(text)

    @property
    def text(self) -> str:
        """The reading as `parse` reads it, the same for all ways to write it."""
        if self.kind == "signed":
            return "signed" if self.positive == SECOND else "positive=first"
        if self.kind == "scores":
            return "higher=better" if self.positive == FIRST else "lower=better"
        return ",".join(f"{_quoted(value)}={side}" for value, side in self.sides)

    @property
    def meaning(self) -> str:
        """The reading in words.

        >>> LabelReading.parse("2=tie,0=second,1=first").meaning
        'label 1 says the first is the better one, 0 the second; 2 is a tie'
        """
        if self.kind == "signed":
            negative = "first" if self.positive == SECOND else "second"
            return (
                f"a negative label says the {negative} is the better one, a positive one the "
                f"{self.positive}; 0 is a tie, the size is the margin"
            )
        if self.kind == "scores":
            which = "higher" if self.positive == FIRST else "lower"
            return f"the one with the {which} score is the better one; equal scores are a tie"
        by_side = {side: ", ".join(v for v, s in self.sides if s == side) for side in SIDES}
        said = []
        if by_side[FIRST]:
            said.append(f"label {by_side[FIRST]} says the first is the better one")
        if by_side[SECOND]:
            verb = "" if said else "label "
            said.append(f"{verb}{by_side[SECOND]} {'the second' if said else _SAYS_SECOND}")
        return ", ".join(said) + (f"; {by_side[TIE]} is a tie" if by_side[TIE] else "")

    @property
    def allowed(self) -> str:
        """The values that are known, in words."""
        if self.kind == "values":
            return ", ".join(value for value, _ in self.sides)
        return "numbers" if self.kind == "signed" else "a score of each completion"

    def read(self, label: object) -> Preference:
        """What a label says. Raises RowFault if the reading does not know the value."""
        preference = self.of_key(label_key(label), number_in(label))
        if preference is None:
            raise RowFault(
                "unknown-label",
                f"label is {describe(label)}; --label {self.text} knows {self.allowed}",
            )
        return preference

    def of_key(self, key: str | None, number: float | None) -> Preference | None:
        """What a label with this key (see `label_key`) and number says; None if it is unknown."""
        if self.kind == "signed":
            return None if number is None else by_sign(number, self.positive)
        side = dict(self.sides).get(key) if key is not None else None
        return None if side is None else Preference(side)

    def of_scores(self, first: object, second: object) -> Preference:
        """What the scores of two completions say; raises RowFault unless both are numbers."""
        scores = number_in(first), number_in(second)
        if scores[0] is None or scores[1] is None:
            wrong = second if scores[0] is not None else first
            raise RowFault("unknown-label", f"a score is {describe(wrong)}, not a number")
        return by_sign(scores[0] - scores[1], self.positive)


_SAYS_SECOND = "says the second is the better one"


@lru_cache(maxsize=256)
def _parsed(text: str) -> LabelReading:
    plain = re.sub(r"\s+", "", text).casefold()
    if len(text) > _LONGEST or not plain:
        raise ConfigError(f"--label {text[:40]!r}: {_ALLOWED}.")
    named = _named(plain)
    return named or LabelReading("values", _values(text))


def _named(plain: str) -> LabelReading | None:
    """The reading that has a name: signed, or scores."""
    items = [item for item in plain.split(",") if item != "zero=tie"]
    for kind, names in (("signed", _SIGNED), ("scores", _SCORES)):
        meant = {names[item] for item in items if item in names}
        if len(meant) == 1 and all(item in names for item in items):
            (one,) = meant
            if kind == "signed":
                return LabelReading("signed", positive=str(one))
            return LabelReading("scores", positive=FIRST if one == 1 else SECOND)
    return None


def _values(text: str) -> tuple[tuple[str, str], ...]:
    sides: dict[str, str] = {}
    at = 0
    while at < len(text):
        item = _ITEM.match(text, at)
        if item is None:
            raise ConfigError(f"--label {text}: {text[at:][:60]!r} is no VALUE=SIDE; {_ALLOWED}.")
        quoted, bare, side = item.groups()
        key, side = _key(quoted, bare, text), side.casefold()
        if side not in SIDES:
            raise ConfigError(f"--label {text}: {side!r} is no side; {_ALLOWED}.")
        if sides.setdefault(key, side) != side:
            raise ConfigError(f"--label {text}: {key!r} means {sides[key]} and {side} at once.")
        at = item.end()
    if not {FIRST, SECOND} & set(sides.values()):
        raise ConfigError(f"--label {text}: no value says that one is better; {_ALLOWED}.")
    return tuple(sorted(sides.items()))


def _key(quoted: str | None, bare: str | None, text: str) -> str:
    value = bare or "" if quoted is None else quoted.replace('""', '"')
    key = label_key(value)
    if key is None:
        raise ConfigError(f"--label {text}: a value is empty, or too long; {_ALLOWED}.")
    if quoted is None and _STATES.search(key):
        raise ConfigError(f"--label {text}: {value!r} is no value; separate by commas. {_ALLOWED}.")
    if quoted is None and key in _RESERVED:
        raise ConfigError(
            f"--label {text}: {key} is a word for numbers by their sign or size; if it is a value "
            f'of the label, write "{key}"=. Else {_ALLOWED}.'
        )
    return key


def _quoted(value: str) -> str:
    if value in _RESERVED or re.search('[,"]|=$', value) or _STATES.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value
