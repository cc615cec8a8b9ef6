"""Readings that fit every label of a file, and what each would make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from prefdata.dialects.labels.neutral import Pair
from prefdata.dialects.labels.preference import FIRST, SECOND, SIDES, TIE
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.tally import NEGATIVE, POSITIVE, ZERO, LabelTally
from prefdata.dialects.labels.words import word_preference

_MOST_UNKNOWN = 3
"""Values without a known word for which all readings are listed; more have too many."""

_NAMED = {
    "judge-zero-based": {"0": FIRST, "1": SECOND, "2": TIE},
    "judge-one-based": {"0": TIE, "1": FIRST, "2": SECOND},
}


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


def offers(tally: LabelTally) -> list[Offer]:
    """All readings of some usual kinds that fit every label; none if there are too many values."""
    readings = [] if not tally.rows else list(_readings(tally))
    return [_offer(reading, tally) for reading in readings if _fits(reading, tally)]


def score_offers(tally: LabelTally) -> list[Offer]:
    """The readings of two scores, whose order is counted as label 1, -1 or 0."""
    return [
        Offer(LabelReading.parse(text), _offer(LabelReading.parse(like), tally).sides)
        for text, like in (("higher=better", "positive=first"), ("lower=better", "signed"))
    ]


def _readings(tally: LabelTally) -> Iterator[LabelReading]:
    if tally.signs[NEGATIVE] and tally.signs.total() == tally.rows:
        yield LabelReading.parse("signed")
        yield LabelReading.parse("positive=first")
        return
    if tally.others:
        return
    words = {key: word_preference(key) for key in tally.values}
    known = {key: said.side for key, said in words.items() if said is not None}
    unknown = sorted(key for key in words if key not in known)
    for sides in _assignments(len(unknown)):
        meant = {**known, **dict(zip(unknown, sides, strict=True))}
        if {FIRST, SECOND} & set(meant.values()):
            yield LabelReading("values", tuple(sorted(meant.items())))


def _assignments(unknown: int) -> Sequence[tuple[str, ...]]:
    """What that many values may mean, if no two mean the same."""
    if unknown == 0:
        return [()]
    if unknown == 1:
        return [(FIRST,), (SECOND,)]
    if unknown == 2:
        return [(FIRST, SECOND), (SECOND, FIRST)]
    return sorted(permutations(SIDES)) if unknown == _MOST_UNKNOWN else []


def _fits(reading: LabelReading, tally: LabelTally) -> bool:
    if reading.kind == "signed":
        return tally.signs.total() == tally.rows
    return not tally.others and all(reading.of_key(key, None) for key in tally.values)


def _offer(reading: LabelReading, tally: LabelTally) -> Offer:
    side_of = _sides_of(reading, tally)
    rows = tally.signs if reading.kind == "signed" else tally.values
    sides: Counter[str] = Counter()
    for kind, side in side_of.items():
        sides[side] += rows[kind]
    agreeing = tuple(
        (pair, *_agreement(by_kind, side_of)) for pair, by_kind in tally.scores.items()
    )
    return Offer(reading, sides, tuple(found for found in agreeing if found[2]))


def _sides_of(reading: LabelReading, tally: LabelTally) -> dict[str, str]:
    """The side of each value, or of each sign, of the labels of a file."""
    if reading.kind == "signed":
        said = {NEGATIVE: -1.0, ZERO: 0.0, POSITIVE: 1.0}
        preferences = {sign: reading.of_key(None, number) for sign, number in said.items()}
    else:
        preferences = {key: reading.of_key(key, None) for key in tally.values}
    return {
        kind: preference.side for kind, preference in preferences.items() if preference is not None
    }


def _agreement(by_kind: dict[str, Counter[int]], side_of: dict[str, str]) -> tuple[int, int]:
    decided = [(by_kind[k], side) for k, side in side_of.items() if side != TIE and k in by_kind]
    agree = sum(order[1 if side == FIRST else -1] for order, side in decided)
    return agree, sum(order[1] + order[-1] for order, _ in decided)
