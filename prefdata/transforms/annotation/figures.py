"""What is measured over all votes of a campaign: agreement, each person's figures, and ranks."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from prefdata.config.annotation import AnnotationConfig
from prefdata.dialects.judgements.voted import has_opinion, opinions_of, overall_of
from prefdata.records.judgement import OVERALL, Completion, Judgement, Opinion
from prefdata.records.record import assistant, user
from prefdata.results.agreement import AgreementSlice, JudgeAgreement
from prefdata.results.annotation import (
    AgreementFigure,
    CountedVote,
    ItemKeys,
    MeasuredPerson,
    MeasuredShare,
    MeasuredVotes,
    VoteAnswer,
)
from prefdata.transforms.annotation.answers import likeness
from prefdata.transforms.annotation.choice import gains
from prefdata.transforms.judgements.agreement import measure_agreement
from prefdata.transforms.judgements.by_criterion import judged_by_criterion
from prefdata.transforms.judgements.conduct import wilson

Items = Mapping[int, ItemKeys]

_OPINIONS = ("vote", "review")


def measure_votes(
    items: Items, votes: Sequence[CountedVote], config: AnnotationConfig, upto: int
) -> MeasuredVotes:
    """All figures that take longer than a look. `votes`: a person's last one on each showing."""
    opinions = [vote for vote in votes if vote.purpose in _OPINIONS]
    slices = list(_slices(items, opinions, config))
    return MeasuredVotes(
        upto=upto,
        agreement=tuple(map(_figure, slices)),
        people=tuple(_people(items, votes, slices)),
        ranks=tuple(_ranks(items, opinions, config)) if config.choice == "active" else (),
    )


def _slices(
    items: Items, opinions: Iterable[CountedVote], config: AnnotationConfig
) -> Iterator[AgreementSlice]:
    """By criterion, over all sources together and, if there are several, in each."""
    by_source: dict[str | None, list[Judgement]] = defaultdict(list)
    for vote in opinions:
        item = items[vote.item]
        by_source[item.source].append(_judgement(item, vote, config))
    everything = [judgement for part in by_source.values() for judgement in part]
    yield from map(measure_agreement, judged_by_criterion(everything))
    if len(by_source) > 1:
        for source, part in by_source.items():
            yield from map(measure_agreement, judged_by_criterion(part, source or ""))


def _judgement(item: ItemKeys, vote: CountedVote, config: AnnotationConfig) -> Judgement:
    """The vote, with keys in place of texts; ratings get an opinion as a whole, their mean."""
    opinions = [
        Opinion(given["kind"], tuple(given["values"]), given["criterion"])
        for given in opinions_of(vote.answer, len(item.completions))
    ]
    if config.kind == "rating" and has_opinion(vote.answer):
        opinions.append(Opinion("rating", _overall(vote.answer, config, len(item.completions))))
    return Judgement(
        (user(item.prompt),),
        tuple(Completion((assistant(key),)) for key in item.completions),
        tuple(opinions),
        judge=str(vote.person),
        shown=vote.shown,
    )


def _overall(answer: VoteAnswer, config: AnnotationConfig, count: int) -> tuple[float | None, ...]:
    """The mean of a completion's points, safety apart."""
    ratings = answer.ratings or {}
    rows = [ratings[name] for name in overall_of(config, "rating") if name in ratings]
    means: list[float | None] = []
    for at in range(count):
        points = [row[at] for row in rows]
        known = [point for point in points if point is not None]
        means.append(math.fsum(known) / len(known) if known and None not in points else None)
    return tuple(means)


def _figure(found: AgreementSlice) -> AgreementFigure:
    alpha = found.alpha
    return AgreementFigure(
        criterion=found.criterion,
        source=found.source,
        items=found.shared_items,
        alpha=alpha.value,
        low=alpha.low,
        high=alpha.high,
        absent=None if alpha.absent is None else alpha.absent.code,
    )


def _people(
    items: Items, votes: Sequence[CountedVote], slices: Iterable[AgreementSlice]
) -> Iterator[MeasuredPerson]:
    whole = next((s for s in slices if s.criterion == OVERALL and s.source is None), None)
    judges = {int(judge.judge): judge for judge in (() if whole is None else whole.judges)}
    mine: dict[int, list[CountedVote]] = defaultdict(list)
    for vote in votes:
        mine[vote.person].append(vote)
    for person, own in sorted(mine.items()):
        times = [vote.active_ms for vote in own if vote.active_ms is not None]
        judge = judges.get(person)
        yield MeasuredPerson(
            id=person,
            agreement=_with_rest(judge),
            gold=_share(_alike_to_gold(items, own)),
            consistency=_share(_alike_again(own)),
            position=_position(judge),
            seconds=statistics.median(times) / 1000 if times else None,
        )


def _with_rest(judge: JudgeAgreement | None) -> MeasuredShare:
    if judge is None:
        return MeasuredShare(0)
    rest = judge.with_rest
    return MeasuredShare(rest.pairs, rest.value, rest.low, rest.high)


def _position(judge: JudgeAgreement | None) -> MeasuredShare:
    if judge is None:
        return MeasuredShare(0)
    seen = judge.position
    return MeasuredShare(seen.votes, seen.first, seen.low, seen.high)


def _alike_to_gold(items: Items, own: Iterable[CountedVote]) -> Iterator[float]:
    for vote in own:
        known = items[vote.item].gold
        if vote.purpose == "gold" and known is not None:
            alike = likeness(vote.answer, known)
            if alike is not None:
                yield alike


def _alike_again(own: Sequence[CountedVote]) -> Iterator[float]:
    first = {vote.item: vote.answer for vote in own if vote.purpose in _OPINIONS}
    for vote in own:
        if vote.purpose == "repeat" and vote.item in first:
            alike = likeness(vote.answer, first[vote.item])
            if alike is not None:
                yield alike


def _share(parts: Iterable[float]) -> MeasuredShare:
    """The mean of numbers from 0 to 1, with Wilson's interval."""
    known = list(parts)
    if not known:
        return MeasuredShare(0)
    low, high = wilson(np.array([math.fsum(known)]), np.array([len(known)]))
    return MeasuredShare(len(known), math.fsum(known) / len(known), float(low[0]), float(high[0]))


def _ranks(
    items: Items, opinions: Sequence[CountedVote], config: AnnotationConfig
) -> Iterator[tuple[int, float]]:
    """What one more vote on each item would tell."""
    asked = [item for item in items.values() if item.gold is None]
    places: dict[tuple[str, str], int] = {}
    completions = [
        [places.setdefault((item.prompt, key), len(places)) for key in item.completions]
        for item in asked
    ]
    at = {item.id: place for place, item in enumerate(asked)}
    people = {person: place for place, person in enumerate(sorted({v.person for v in opinions}))}
    told = gains(
        completions,
        [(at[v.item], _scores(v.answer, config, len(items[v.item].completions))) for v in opinions],
        [people[vote.person] for vote in opinions],
    )
    yield from zip((item.id for item in asked), map(float, told), strict=True)


def _scores(answer: VoteAnswer, config: AnnotationConfig, count: int) -> list[float]:
    """A score for each completion, more is better; NaN without an opinion."""
    if not has_opinion(answer):
        return [math.nan] * count
    if answer.places is not None:
        return [-float(place) for place in answer.places]
    if config.kind == "rating":
        means = _overall(answer, config, count)
        return [math.nan if mean is None else mean for mean in means]
    return [float(value) for value in opinions_of(answer, count)[0]["values"]]
