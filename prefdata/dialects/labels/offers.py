"""Readings that fit every label of a file, and what each would make of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from prefdata.dialects.labels.neutral import Pair, tokens_of
from prefdata.dialects.labels.preference import FIRST, OTHER, SECOND, SIDES, TIE
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.tally import (
    ABOVE,
    BELOW,
    HALF,
    NEGATIVE,
    POSITIVE,
    ZERO,
    LabelTally,
)
from prefdata.dialects.labels.words import word_preference

_MOST_UNKNOWN = 3
"""Values without a known word for which all readings are listed; more have too many."""

_NAMED = {
    "judge-zero-based": {"0": FIRST, "1": SECOND, "2": TIE},
    "judge-one-based": {"0": TIE, "1": FIRST, "2": SECOND},
}


_NUMBERS = {
    "signed": {NEGATIVE: -1.0, ZERO: 0.0, POSITIVE: 1.0},
    "probability": {BELOW: 0.0, HALF: 0.5, ABOVE: 1.0},
}
"""A number of each kind that a tally counts."""

_NUMBERED = re.compile(r"\D+[0-9]\D*")
_STEP = re.compile(r"\d{1,2}")


@dataclass(frozen=True)
class Offer:
    """A reading that every label of a file allows. `sides`: rows for first, second and tie.

    `agreeing`: for pairs of score fields, the rows in which the side that the reading calls better
    has the higher score, and the rows in which it calls one better and the scores differ.
    """

    reading: LabelReading
    sides: Counter[str]
    agreeing: tuple[tuple[Pair, int, int], ...] = ()

    @property
    def dialect(self) -> str | None:
        """The dialect that reads the same way by its name alone."""
        mine = dict(self.reading.sides).items()
        return next((name for name, of in _NAMED.items() if mine and mine <= of.items()), None)


def offers(
    tally: LabelTally, fields: Pair | None = None, *, names_worse: bool = False
) -> list[Offer]:
    """All readings of some usual kinds that fit every label; none if there are too many values.

    `fields`: those of the two completions, which a word may name. `names_worse`: the name of the
    label says that it is the worse one that it names.
    """
    readings = [] if not tally.rows else list(_readings(tally, fields))
    if names_worse:
        readings = [_turned(reading) for reading in readings]
    return [_offer(reading, tally) for reading in readings if _fits(reading, tally)]


def _turned(reading: LabelReading) -> LabelReading:
    sides = tuple((value, OTHER[side]) for value, side in reading.sides)
    return LabelReading(reading.kind, sides, OTHER[reading.positive])


def score_offers(tally: LabelTally) -> list[Offer]:
    """The readings of two scores, whose order is counted as label 1, -1 or 0."""
    return [
        Offer(LabelReading.parse(text), _offer(LabelReading.parse(like), tally).sides)
        for text, like in (("higher=better", "positive=first"), ("lower=better", "signed"))
    ]


def _readings(tally: LabelTally, fields: Pair | None) -> Iterator[LabelReading]:
    if tally.signs[NEGATIVE] and tally.signs.total() == tally.rows:
        yield LabelReading.parse("signed")
        yield LabelReading.parse("positive=first")
        return
    if tally.halves.total() == tally.rows and not set(tally.values) <= {"0", "1"}:
        yield LabelReading.parse("probability=first")
        yield LabelReading.parse("probability=second")
        return
    if tally.others:
        return
    words = {key: word_preference(key, fields) for key in tally.values}
    known = {key: said.side for key, said in words.items() if said is not None}
    counted = [key for key in words if _NUMBERED.fullmatch(key)]
    if any(key not in known for key in counted) or _may_count_from_0(counted, fields):
        # model_1 beside model_0 is the second, whatever it would be alone
        known = {key: side for key, side in known.items() if not _NUMBERED.fullmatch(key)}
    unknown = sorted(key for key in words if key not in known)
    if not known and (scale := _scale(unknown)):
        yield from scale
        return
    for sides in _assignments(len(unknown), set(known.values())):
        meant = {**known, **dict(zip(unknown, sides, strict=True))}
        if {FIRST, SECOND} & set(meant.values()):
            yield LabelReading("values", tuple(sorted(meant.items())))


def _may_count_from_0(counted: Sequence[str], fields: Pair | None) -> bool:
    """Whether words count the completions, and only 1 is there, beside fields of other words."""
    words = {key: re.sub(r"[^a-z]", "", key) for key in counted}
    named = {token for field in fields or () for token in tokens_of(field)}
    return bool(words) and not named & {*words.values()} and all("1" in key for key in counted)


def _scale(keys: Sequence[str]) -> list[LabelReading]:
    """The readings of the steps of a scale, such as 1 to 7, all of which are there: the middle is a
    tie, and either end may be the first."""
    numbers = sorted(int(key) for key in keys if _STEP.fullmatch(key))
    steps = len(numbers)
    if (
        steps != len(keys)
        or steps <= _MOST_UNKNOWN
        or numbers != [*range(numbers[0], steps + numbers[0])]
    ):
        return []
    middle = numbers[0] + numbers[-1]
    return [
        LabelReading(
            "values",
            tuple(
                sorted(
                    (str(n), TIE if 2 * n == middle else low if 2 * n < middle else OTHER[low])
                    for n in numbers
                )
            ),
        )
        for low in (FIRST, SECOND)
    ]


def _assignments(unknown: int, taken: set[str]) -> Sequence[tuple[str, ...]]:
    """What that many values may mean, if no two mean the same, nor what a known word means: of one
    or two values alone none is a tie."""
    if unknown == 0:
        return [()]
    free = [side for side in SIDES if side not in taken]
    if {FIRST, SECOND} <= taken:  # other words for a tie, or two other ways to say the same
        same = [(FIRST, SECOND), (SECOND, FIRST)] if unknown == 2 else []
        return [(TIE,) * unknown, *same]
    if not taken and unknown < _MOST_UNKNOWN:
        free = [FIRST, SECOND]
    return sorted(permutations(free, unknown))


def _fits(reading: LabelReading, tally: LabelTally) -> bool:
    if reading.kind == "signed":
        return tally.signs.total() == tally.rows
    if reading.kind == "probability":
        return tally.halves.total() == tally.rows
    return not tally.others and all(reading.of_key(key, None) for key in tally.values)


def _offer(reading: LabelReading, tally: LabelTally) -> Offer:
    side_of = _sides_of(reading, tally)
    rows = {"signed": tally.signs, "probability": tally.halves}.get(reading.kind, tally.values)
    sides: Counter[str] = Counter()
    for kind, side in side_of.items():
        sides[side] += rows[kind]
    agreeing = tuple(
        (pair, *_agreement(by_kind, side_of)) for pair, by_kind in tally.scores.items()
    )
    return Offer(reading, sides, tuple(found for found in agreeing if found[2]))


def _sides_of(reading: LabelReading, tally: LabelTally) -> dict[str, str]:
    """The side of each value, or of each kind of number, of the labels of a file."""
    if reading.kind in _NUMBERS:
        said = _NUMBERS[reading.kind]
        preferences = {kind: reading.of_key(None, number) for kind, number in said.items()}
    else:
        preferences = {key: reading.of_key(key, None) for key in tally.values}
    return {
        kind: preference.side for kind, preference in preferences.items() if preference is not None
    }


def _agreement(by_kind: dict[str, Counter[int]], side_of: dict[str, str]) -> tuple[int, int]:
    decided = [(by_kind[k], side) for k, side in side_of.items() if side != TIE and k in by_kind]
    agree = sum(order[1 if side == FIRST else -1] for order, side in decided)
    return agree, sum(order[1] + order[-1] for order, _ in decided)
