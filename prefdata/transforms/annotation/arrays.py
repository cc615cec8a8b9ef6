"""The votes of a campaign as the arrays that agreement and choice are measured on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prefdata.config.annotation import AnnotationConfig
from prefdata.dialects.judgements.voted import TIE, has_opinion, overall_of
from prefdata.records.arrays import Ints
from prefdata.results.annotation import CountedVote, ItemKeys, VoteAnswer
from prefdata.transforms.judgements.votes import Items, Votes, answers_of, votes_of_scores


@dataclass(frozen=True)
class Ground:
    """What is judged. `completions`: of each item, as indices; the same completion of a prompt is
    the same index in all its items. `prompt` (completions): index of the prompt of each."""

    completions: Mapping[int, tuple[int, ...]]
    prompt: Ints


@dataclass(frozen=True)
class Comparisons:
    """What people say of each two completions. `people`: by index of the judge. `prompt` (pairs):
    index of the prompt of each pair of completions."""

    votes: Votes
    pairs: Items
    people: tuple[int, ...]
    prompt: Ints


def ground_of(items: Iterable[ItemKeys]) -> Ground:
    """Completions and prompts by number, in the order of the items."""
    prompts: dict[str, int] = {}
    places: dict[tuple[str, str], int] = {}
    of_place: list[int] = []
    completions: dict[int, tuple[int, ...]] = {}
    for item in items:
        prompt = prompts.setdefault(item.prompt, len(prompts))
        for key in item.completions:
            if places.setdefault((item.prompt, key), len(places)) == len(of_place):
                of_place.append(prompt)
        completions[item.id] = tuple(places[item.prompt, key] for key in item.completions)
    return Ground(completions, np.array(of_place, np.int64))


def comparisons_of(
    ground: Ground, opinions: Sequence[CountedVote], config: AnnotationConfig
) -> Comparisons:
    """Verdicts, rankings and ratings as votes on each two completions of an item.

    The strength of a verdict is a part of the strongest that can be given; a difference of places
    or points is a preference, whatever it is.
    """
    people = tuple(sorted({vote.person for vote in opinions}))
    judge = {person: place for place, person in enumerate(people)}
    rows: list[tuple[int, int, float, int]] = []
    for number, vote in enumerate(opinions):
        where = ground.completions[vote.item]
        scores = scores_of_answer(vote.answer, config, len(where))
        if vote.shown is None:
            rows += [(number, where[at], score, -1) for at, score in enumerate(scores)]
        else:
            rows += [(number, where[at], scores[at], place) for place, at in enumerate(vote.shown)]
    table = np.array(rows, np.float64).reshape(-1, 4)
    pairs, votes = votes_of_scores(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2],
        np.array([judge[vote.person] for vote in opinions], np.int64),
        place=table[:, 3].astype(np.int64),
        full=float(TIE - 1) if config.kind == "pairwise" else None,
        judges=len(people),
    )
    return Comparisons(votes, pairs, people, ground.prompt[pairs.first])


def scores_of_answer(answer: VoteAnswer, config: AnnotationConfig, count: int) -> Sequence[float]:
    """A score for each completion, more is better; NaN where there is no opinion."""
    if not has_opinion(answer):
        return [math.nan] * count
    if answer.places is not None:
        return [-float(place) for place in answer.places]
    if answer.choice is not None:
        return [float(TIE - answer.choice) if isinstance(answer.choice, int) else 0.0, 0.0]
    rows = [
        points
        for name in overall_of(config, "rating")
        if (points := (answer.ratings or {}).get(name)) is not None
    ]
    return [_mean([row[at] for row in rows]) for at in range(count)]


def _mean(points: Sequence[int | None]) -> float:
    known = [point for point in points if point is not None]
    return math.fsum(known) / len(known) if known and len(known) == len(points) else math.nan


def ratings_of(ground: Ground, opinions: Iterable[CountedVote], criterion: str) -> Votes:
    """Points that people gave completions by one criterion; a unit is a completion.

    Who rated a completion in several items has said the latter.
    """
    given: dict[tuple[int, int], int] = {}
    for vote in opinions:
        points = (vote.answer.ratings or {}).get(criterion, ())
        for index, value in zip(ground.completions[vote.item], points, strict=False):
            if value is not None:
                given[index, vote.person] = value
    units = np.array([unit for unit, _ in given], np.int64)
    who = np.array([person for _, person in given], np.int64)
    _, judge = np.unique(who, return_inverse=True)
    values = np.array([*given.values()], np.float64)
    return answers_of(units, judge, values, items=len(ground.prompt))
