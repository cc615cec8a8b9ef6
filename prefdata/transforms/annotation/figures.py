"""What is measured over all votes of a campaign: agreement, each person's figures, and ranks."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from prefdata.config.annotation import AnnotationConfig
from prefdata.records.arrays import Ints
from prefdata.records.judgement import OVERALL
from prefdata.results.annotation import (
    AgreementFigure,
    CountedVote,
    ItemKeys,
    MeasuredPerson,
    MeasuredShare,
    MeasuredVotes,
)
from prefdata.transforms.annotation.answers import likeness
from prefdata.transforms.annotation.arrays import (
    Comparisons,
    Ground,
    comparisons_of,
    ground_of,
    ratings_of,
)
from prefdata.transforms.annotation.choice import gains
from prefdata.transforms.judgements.alpha import krippendorff_alpha
from prefdata.transforms.judgements.conduct import position_bias, wilson, with_rest
from prefdata.transforms.judgements.votes import Votes, answers_of, mirrored
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate

_OPINIONS = ("vote", "review")
_FINE = 20  # steps of likeness, which the bootstrap wants as whole numbers

_NOTHING = MeasuredShare(0)


def measure_votes(
    items: Mapping[int, ItemKeys], votes: Sequence[CountedVote], config: AnnotationConfig, upto: int
) -> MeasuredVotes:
    """All figures that take longer than a look. `votes`: a person's last one on each showing."""
    opinions = [vote for vote in votes if vote.purpose in _OPINIONS]
    ground = ground_of(items.values())
    compared = comparisons_of(ground, opinions, config)
    ranks: Iterable[tuple[int, float]] = ()
    if config.choice == "active":
        asked = [item.id for item in items.values() if item.gold is None]
        told = gains([ground.completions[item] for item in asked], compared)
        ranks = zip(asked, map(float, told), strict=True)
    return MeasuredVotes(
        upto=upto,
        agreement=tuple(_agreement(items, ground, opinions, compared, config)),
        people=tuple(_people(items, ground, votes, compared, config)),
        ranks=tuple(ranks),
    )


def _agreement(
    items: Mapping[int, ItemKeys],
    ground: Ground,
    opinions: Sequence[CountedVote],
    whole: Comparisons,
    config: AnnotationConfig,
) -> Iterator[AgreementFigure]:
    """By criterion, over all sources together (`whole`) and, if there are several, in each."""
    by_source: dict[str | None, list[CountedVote]] = defaultdict(list)
    for vote in opinions:
        by_source[items[vote.item].source].append(vote)
    parts: list[tuple[str | None, Sequence[CountedVote]]] = [(None, opinions)]
    if len(by_source) > 1:
        parts += [(source or "", part) for source, part in by_source.items()]
    for source, part in parts:
        if config.kind != "rating" and part:
            compared = whole if source is None else comparisons_of(ground, part, config)
            prompt = np.concatenate([compared.prompt] * 2)
            yield _alpha(OVERALL, source, mirrored(_one_each(compared.votes)), prompt, 2)
        for criterion in config.rated:
            rated = ratings_of(ground, part, criterion.name)
            if len(rated):
                yield _alpha(criterion.name, source, rated, ground.prompt, 1)


def _one_each(votes: Votes) -> Votes:
    """The votes as answers of people: each person has one on a pair, also as part of a ranking."""
    return answers_of(
        votes.item, votes.judge, votes.verdict, items=votes.items, judges=votes.judges
    )


def _alpha(
    criterion: str, source: str | None, answers: Votes, prompt: Ints, times: int
) -> AgreementFigure:
    """`times`: how often each thing judged stands in the answers."""
    found = krippendorff_alpha(answers, prompt, "ordinal", Bootstrap())
    absent = None
    if not found.units:
        absent = "agreement.not-shared"
    elif found.value is None:
        absent = "agreement.one-answer"
    elif found.low is None:
        absent = "agreement.one-prompt" if found.prompts < 2 else "agreement.no-spread"
    return AgreementFigure(
        criterion, source, found.units // times, found.value, found.low, found.high, absent
    )


def _people(
    items: Mapping[int, ItemKeys],
    ground: Ground,
    votes: Sequence[CountedVote],
    compared: Comparisons,
    config: AnnotationConfig,
) -> Iterator[MeasuredPerson]:
    beside = _ratings_beside(ground, votes) if config.kind == "rating" else _with_rest(compared)
    positions = _positions(compared)
    mine: dict[int, list[CountedVote]] = defaultdict(list)
    for vote in votes:
        mine[vote.person].append(vote)
    for person, own in sorted(mine.items()):
        times = [vote.active_ms for vote in own if vote.active_ms is not None]
        yield MeasuredPerson(
            id=person,
            agreement=beside.get(person, _NOTHING),
            gold=_share(_alike_to_gold(items, own)),
            consistency=_share(_alike_again(own)),
            position=positions.get(person, _NOTHING),
            seconds=statistics.median(times) / 1000 if times else None,
        )


def _with_rest(compared: Comparisons) -> dict[int, MeasuredShare]:
    """Each person beside the majority of the others."""
    rest = with_rest(compared.votes)
    return {
        person: _estimated(rest.points[own], compared.prompt[rest.item[own]], 2)
        for place, person in enumerate(compared.people)
        for own in (np.flatnonzero(rest.judge == place),)
    }


def _ratings_beside(ground: Ground, votes: Sequence[CountedVote]) -> dict[int, MeasuredShare]:
    """Each person's likeness to the others who rated an item, on average."""
    together: dict[int, list[CountedVote]] = defaultdict(list)
    for vote in votes:
        if vote.purpose in _OPINIONS:
            together[vote.item].append(vote)
    points: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for item, cast in together.items():
        prompt = int(ground.prompt[ground.completions[item][0]])
        for vote in cast:
            alike = [likeness(vote.answer, o.answer) for o in cast if o is not vote]
            known = [each for each in alike if each is not None]
            if known:
                mean = math.fsum(known) / len(known)
                points[vote.person].append((round(_FINE * mean), prompt))
    return {
        person: _estimated(np.array(own, np.int64), np.array(prompts, np.int64), _FINE)
        for person, pairs in points.items()
        for own, prompts in (zip(*pairs, strict=True),)
    }


def _estimated(points: Ints, prompts: Ints, most: int) -> MeasuredShare:
    found = estimate(points, prompts, Bootstrap(), most=most)
    return MeasuredShare(found.pairs, found.value, found.low, found.high)


def _positions(compared: Comparisons) -> dict[int, MeasuredShare]:
    """Each person's decided votes for what was shown first."""
    bias = position_bias(compared.votes)
    return {
        person: MeasuredShare(
            int(bias.votes[at]), float(bias.ratio[at]), float(bias.low[at]), float(bias.high[at])
        )
        for at, person in enumerate(compared.people)
        if bias.votes[at]
    }


def _alike_to_gold(
    items: Mapping[int, ItemKeys], own: Iterable[CountedVote]
) -> Iterator[float | None]:
    for vote in own:
        known = items[vote.item].gold
        if vote.purpose == "gold" and known is not None:
            yield likeness(vote.answer, known)


def _alike_again(own: Sequence[CountedVote]) -> Iterator[float | None]:
    first = {vote.item: vote.answer for vote in own if vote.purpose in _OPINIONS}
    for vote in own:
        if vote.purpose == "repeat" and vote.item in first:
            yield likeness(vote.answer, first[vote.item])


def _share(parts: Iterable[float | None]) -> MeasuredShare:
    """The mean of numbers from 0 to 1, with Wilson's interval; None: no case."""
    known = [part for part in parts if part is not None]
    if not known:
        return _NOTHING
    hits, cases = np.array([math.fsum(known)]), np.array([len(known)])
    low, high = wilson(hits, cases)
    return MeasuredShare(len(known), float(hits[0]) / len(known), float(low[0]), float(high[0]))
