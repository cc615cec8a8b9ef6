"""Booked verdicts and ratings as the arrays that a judge is measured on."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations

import msgspec
import numpy as np

from prefdata.config.judge import RubricConfig
from prefdata.records.arrays import Ints
from prefdata.records.judgement import OVERALL
from prefdata.steps.judge.booked import BookedPair, length_of
from prefdata.transforms.judging.figures import UNKNOWN, JudgedPairs
from prefdata.transforms.judging.subject import Subject

_DIGITS = 9
"""Means of points are compared rounded to so many digits."""

Points = Sequence[Sequence[dict[str, int] | None]]
"""Of each completion of each subject, by criterion."""


def pairs_measured(subjects: Sequence[Subject], booked: Sequence[BookedPair]) -> JudgedPairs:
    """Pairs that were judged by verdicts."""
    sides = [
        (
            each.pair,
            UNKNOWN if each.whole is None else each.whole.side,
            UNKNOWN if each.one is None else each.one.side,
            UNKNOWN if each.other is None else each.other.side,
        )
        for each in booked
    ]
    return _arrays(subjects, OVERALL, sides)


def ratings_measured(
    subjects: Sequence[Subject], points: Points, rubric: RubricConfig
) -> Iterator[JudgedPairs]:
    """Pairs that follow from ratings: as a whole, then by each criterion."""
    names = {OVERALL: rubric.overall} | {each.name: (each.name,) for each in rubric.criteria}
    for criterion, of in names.items():
        sides = [
            ((number, a, b), _side(given[a], given[b], of), UNKNOWN, UNKNOWN)
            for number, given in enumerate(points)
            for a, b in combinations(range(len(given)), 2)
        ]
        every = [each[name] for given in points for each in given if each for name in of]
        yield _arrays(subjects, criterion, sides, np.array(every, np.int64))


def _side(one: dict[str, int] | None, other: dict[str, int] | None, of: Sequence[str]) -> int:
    if one is None or other is None:
        return UNKNOWN
    gap = math.fsum(one[name] - other[name] for name in of)
    return int(np.sign(round(gap, _DIGITS)))


def _arrays(
    subjects: Sequence[Subject],
    criterion: str,
    sides: Sequence[tuple[tuple[int, int, int], int, int, int]],
    points: Ints | None = None,
) -> JudgedPairs:
    prompts = _prompts(subjects)
    rows = [
        (
            prompts[number],
            whole,
            one,
            other,
            subjects[number].labels.get(criterion, {}).get((a, b), UNKNOWN),
            int(np.sign(length_of(subjects[number], a) - length_of(subjects[number], b))),
        )
        for (number, a, b), whole, one, other in sides
    ]
    table = np.array(rows, np.int64).reshape(-1, 6)
    return JudgedPairs(
        criterion=criterion,
        prompt=table[:, 0],
        language=[subjects[pair[0]].language for pair, *_ in sides],
        side=table[:, 1],
        one=table[:, 2],
        other=table[:, 3],
        label=table[:, 4],
        longer=table[:, 5],
        points=points,
    )


def _prompts(subjects: Sequence[Subject]) -> list[int]:
    """A number for each subject, the same for those of one prompt."""
    numbers: dict[Hashable, int] = {}
    encode = msgspec.json.Encoder(order="deterministic").encode
    return [numbers.setdefault(encode([subject.prompt]), len(numbers)) for subject in subjects]
