"""What judges said, by criterion, as the arrays that agreement is measured on."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from prefdata.config.pairs import PairsConfig
from prefdata.records.judgement import Judgement, Opinion
from prefdata.transforms.judgements.agreement import CriterionVotes
from prefdata.transforms.judgements.counted import Ballot, Ballots, voted_items
from prefdata.transforms.judgements.meet import completion_key, meeting_key, prompt_key
from prefdata.transforms.judgements.policy import scale_of, scores_of
from prefdata.transforms.judgements.votes import Votes, answers_of


def judged_by_criterion(
    judgements: Sequence[Judgement],
    source: str | None = None,
    sources: Sequence[str] | None = None,
) -> Iterator[CriterionVotes]:
    """What was said by each criterion, sorted by name; judgements without a judge, and those that
    settle what others disagreed on, do not count.

    `source`: the name of the source that all of them come from; None for several. `sources`: the
    name of the source of each; what is strong in one says nothing of another.
    """
    named = [
        _From(judgement, sources[index] if sources else source)
        for index, judgement in enumerate(judgements)
        if judgement.judge is not None and not judgement.final
    ]
    for criterion in sorted({o.criterion for each in named for o in each.judgement.opinions}):
        yield _judged(
            [each for each in named if _opinions([each], criterion)],
            criterion,
            source,
        )


class _From(NamedTuple):
    """A judgement of a judge with a name, and the name of its source."""

    judgement: Judgement
    source: str | None


def _opinions(members: Iterable[_From], criterion: str) -> list[Opinion]:
    return [o for each in members for o in each.judgement.opinions if o.criterion == criterion]


def _judged(judgements: Sequence[_From], criterion: str, source: str | None) -> CriterionVotes:
    groups: dict[Hashable, list[_From]] = {}
    for each in judgements:
        groups.setdefault(meeting_key(each.judgement), []).append(each)
    prompts: dict[Hashable, int] = {}
    of_group = [
        prompts.setdefault(prompt_key(members[0].judgement), len(prompts))
        for members in groups.values()
    ]
    ballots = [_ballots(members, criterion) for members in groups.values()]
    found = voted_items(ballots)
    compared = _opinions(_shared(groups.values()) or judgements, criterion)
    is_graded = any(opinion.graded for opinion in compared)
    ratings, rated_prompt = None, None
    if {opinion.kind for opinion in compared} == {"rating"}:
        rated = [
            place
            for place, members in enumerate(groups.values())
            if {opinion.kind for opinion in _opinions(members, criterion)} == {"rating"}
        ]
        ratings, rated_prompt = _ratings(
            [ballots[place] for place in rated], [of_group[place] for place in rated], found.names
        )
    judges = {name: place for place, name in enumerate(found.names)}
    times = [(judges[j.judge], _seconds(j.at)) for j, _ in judgements if j.judge is not None]
    return CriterionVotes(
        criterion=criterion,
        votes=found.votes,
        items=found.items,
        prompt=np.array([of_group[group] for group in found.group], np.int64),
        names=found.names,
        scale="ordinal" if is_graded else "nominal",
        ratings=ratings,
        rated_prompt=rated_prompt,
        at_judge=np.array([judge for judge, _ in times], np.int64),
        at=np.array([at for _, at in times], np.float64),
        source=source,
    )


def _shared(groups: Iterable[list[_From]]) -> list[_From]:
    """What was said where two judges or more said something: only this can agree, and how it is
    compared must not depend on the rest."""
    return [
        each
        for members in groups
        if len({member.judgement.judge for member in members}) > 1
        for each in members
    ]


def _ballots(members: Sequence[_From], criterion: str) -> Ballots:
    """The ballots on one set of completions; what a judge says in several rows is one ballot.

    A judge who says two things of one completion has said the latter. Scores on several scales are
    on none of them: such a ballot has its own.
    """
    config = PairsConfig(criterion=criterion)
    places: dict[Hashable, int] = {}
    said: dict[str, dict[int, float]] = {}
    shown: dict[str, dict[int, int]] = {}
    scales: dict[str, dict[int, Hashable]] = {}
    for judgement, source in members:
        assert judgement.judge is not None, "only judges with a name are compared"
        where = [
            places.setdefault(completion_key(each), len(places)) for each in judgement.completions
        ]
        mine = said.setdefault(judgement.judge, {})
        values = scores_of(judgement, config).values
        given = {p: v for p, v in zip(where, values, strict=True) if v is not None}
        mine.update(given)
        scale = source, scale_of(judgement, config)
        scales.setdefault(judgement.judge, {}).update(dict.fromkeys(given, scale))
        if judgement.shown is not None:
            seen = {where[index]: at for at, index in enumerate(judgement.shown)}
            shown.setdefault(judgement.judge, {}).update(seen)
    keys = [str(key) for key in places]
    order = tuple(sorted(range(len(keys)), key=keys.__getitem__))
    return Ballots(
        order,
        tuple(
            Ballot(name, said[name], shown.get(name, {}), frozenset(scales[name].values()))
            for name in sorted(said)
        ),
    )


def _ratings(
    ballots: Sequence[Ballots], of_group: Sequence[int], names: Sequence[str]
) -> tuple[Votes, np.ndarray]:
    """The ratings of all completions, and the prompt of each completion."""
    judges = {name: place for place, name in enumerate(names)}
    units: list[int] = []
    who: list[int] = []
    points: list[float] = []
    prompts: list[int] = []
    for group, prompt in zip(ballots, of_group, strict=True):
        for ballot in group.cast:
            for place, value in ballot.said.items():
                units.append(len(prompts) + place)
                who.append(judges[str(ballot.judge)])
                points.append(value)
        prompts += [prompt] * len(group.order)
    rated = answers_of(
        np.array(units, np.int64),
        np.array(who, np.int64),
        np.array(points, np.float64),
        items=len(prompts),
        judges=len(names),
    )
    return rated, np.array(prompts, np.int64)


def _seconds(at: str | None) -> float:
    """A time as seconds; NaN if it is unknown or none that is understood."""
    try:
        return math.nan if at is None else datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError):
        return math.nan
