"""Puts judgements of the same completions together, and makes the pairs that follow of all.

Values that stand for themselves (ratings, accepted, a rank among siblings) meet on one prompt, if
they are of one kind: a completion's value is the mean of those that it was given. Comparisons
(verdicts, rankings) meet on one prompt and one set of completions, in whatever order they were
shown: they are votes.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from prefdata.config.pairs import PairsConfig
from prefdata.records.context import context_of
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import Message
from prefdata.transforms.judgements.policy import (
    JudgedPair,
    NoPair,
    Scores,
    pairs_of,
    scores_of,
)

NOT_PICKED = NoPair("not-picked", "the completions of the row are in no pair that is taken")


@dataclass(frozen=True)
class MetPair:
    """A pair of completions of a judgement that was put together.

    `speaking`: the judgements behind it, as indices. `agreement`: the share of votes for the chosen
    completion, where several judges compared the two; a tie is half a vote.
    """

    pair: JudgedPair
    speaking: tuple[int, ...]
    votes: int = 0
    agreement: float | None = None


@dataclass(frozen=True)
class Met:
    """Judgements that were put together as `judgement`, and what follows.

    `members`: indices of the judgements, with the indices of their completions in `judgement`.
    `silent`: members that speak in no pair, and why.
    """

    judgement: Judgement
    members: tuple[tuple[int, tuple[int, ...]], ...]
    said: str
    pairs: tuple[MetPair, ...] = ()
    silent: dict[int, NoPair] = field(default_factory=dict)


def meet(judgements: Sequence[Judgement], config: PairsConfig) -> list[Met]:
    """Puts judgements together, in the order of the first of each."""
    groups: dict[Hashable, list[int]] = {}
    for index, judgement in enumerate(judgements):
        groups.setdefault(_key(judgement), []).append(index)
    return [_together(judgements, members, config) for members in groups.values()]


def _key(judgement: Judgement) -> Hashable:
    context = context_of(judgement.metadata) if len(judgement.metadata) > 2 else {}
    prompt = (_texts(judgement.prompt), msgspec.json.encode(context, order="deterministic"))
    if _is_comparison(judgement):
        return prompt, frozenset(_texts(c.messages) for c in judgement.completions)
    return prompt, frozenset((o.criterion, o.kind) for o in judgement.opinions)


def _is_comparison(judgement: Judgement) -> bool:
    kinds = {opinion.kind for opinion in judgement.opinions}
    return len(judgement.completions) > 1 and bool(kinds & {"verdict", "rank"})


def _texts(messages: Iterable[Message]) -> tuple[tuple[str, str, str | None], ...]:
    return tuple((m.role, (m.content or "").strip(), m.extra) for m in messages)


def _together(judgements: Sequence[Judgement], members: Sequence[int], config: PairsConfig) -> Met:
    """One group of judgements, their pairs, and who speaks in them."""
    union: dict[Hashable, Completion] = {}
    placed = []
    for index in members:
        for each in judgements[index].completions:
            union.setdefault(_texts(each.messages), each)
    positions = {key: place for place, key in enumerate(union)}
    for index in members:
        where = tuple(positions[_texts(c.messages)] for c in judgements[index].completions)
        placed.append((index, where))
    first = judgements[members[0]]
    common = _common_metadata([judgements[index].metadata for index in members])
    whole = msgspec.structs.replace(
        first, completions=tuple(union.values()), opinions=(), metadata=common
    )
    if _is_comparison(first):
        return _of_votes(judgements, placed, whole, config)
    return _of_values(judgements, placed, whole, config)


Placed = Sequence[tuple[int, tuple[int, ...]]]


def _of_values(
    judgements: Sequence[Judgement], placed: Placed, whole: Judgement, config: PairsConfig
) -> Met:
    """Each value stands for itself: of several for one completion the mean counts."""
    given: dict[str, dict[int, list[float]]] = {}
    kinds: dict[str, Opinion] = {}
    for index, where in placed:
        for opinion in judgements[index].opinions:
            kinds.setdefault(opinion.criterion, opinion)
            of_criterion = given.setdefault(opinion.criterion, {})
            for place, value in zip(where, opinion.values, strict=True):
                if value is not None:
                    of_criterion.setdefault(place, []).append(value)
    count = len(whole.completions)
    opinions = tuple(
        msgspec.structs.replace(
            kinds[name],
            values=tuple(
                math.fsum(values) / len(values) if (values := by_place.get(place)) else None
                for place in range(count)
            ),
        )
        for name, by_place in given.items()
    )
    whole = msgspec.structs.replace(whole, opinions=opinions)
    scores = scores_of(whole, config)
    made = pairs_of(whole, config, scores)
    if isinstance(made, NoPair):
        silent = {index: made for index, _ in placed}
        return Met(whole, tuple(placed), scores.said, (), silent)
    pairs = tuple(
        MetPair(
            pair, tuple(i for i, where in placed if pair.better in where or pair.worse in where)
        )
        for pair in made
    )
    return _met(whole, placed, scores, pairs)


def _of_votes(
    judgements: Sequence[Judgement], placed: Placed, whole: Judgement, config: PairsConfig
) -> Met:
    """Comparisons of the same completions, by one judge or several."""
    ballots = [_ballot(judgements[index], where, config) for index, where in placed]
    scores = _majority(ballots, len(whole.completions))
    made = pairs_of(whole, config, scores)
    if isinstance(made, NoPair):
        if made.reason == "tie" and len(placed) > 1:
            made = NoPair("tie", f"the votes of {len(placed)} judges outweigh each other")
        return Met(
            whole, tuple(placed), scores.said, (), dict.fromkeys((i for i, _ in placed), made)
        )
    pairs = []
    for pair in made:
        cast = [
            (index, ballot[pair.better] - ballot[pair.worse])
            for (index, _), ballot in zip(placed, ballots, strict=True)
            if pair.better in ballot and pair.worse in ballot
        ]
        agreement = math.fsum((1.0 if d > 0 else 0.5 if d == 0 else 0.0) for _, d in cast)
        share = agreement / len(cast) if len(cast) > 1 else None
        pairs.append(MetPair(pair, tuple(index for index, _ in cast), len(cast), share))
    return _met(whole, placed, scores, tuple(pairs))


def _met(whole: Judgement, placed: Placed, scores: Scores, pairs: tuple[MetPair, ...]) -> Met:
    speaking = {index for pair in pairs for index in pair.speaking}
    silent = {index: NOT_PICKED for index, _ in placed if index not in speaking}
    return Met(whole, tuple(placed), scores.said, pairs, silent)


def _ballot(judgement: Judgement, where: Sequence[int], config: PairsConfig) -> dict[int, float]:
    """The scores of one judge by completion of the whole."""
    scores = scores_of(judgement, config).values
    return {place: value for place, value in zip(where, scores, strict=True) if value is not None}


def _majority(ballots: Sequence[dict[int, float]], count: int) -> Scores:
    """For each completion the mean of its duels: 1 for one that is won, -1 for one that is lost.

    With two completions that is half the difference of the shares of votes; with more it is the
    Borda count, averaged over judges.
    """
    if len(ballots) == 1:
        values = tuple(ballots[0].get(place) for place in range(count))
        return Scores(values, "verdict of one judge" if count == 2 else "ranking of one judge")
    won: dict[int, list[float]] = {}
    for ballot in ballots:
        for place, value in ballot.items():
            duels = [_sign(value - other) for p, other in ballot.items() if p != place]
            if duels:
                won.setdefault(place, []).append(math.fsum(duels) / len(duels))
    values = tuple(
        math.fsum(won[place]) / len(won[place]) / 2 if place in won else None
        for place in range(count)
    )
    return Scores(values, f"votes of {len(ballots)} judges")


def _sign(difference: float) -> float:
    return math.copysign(1.0, difference) if difference else 0.0


def _common_metadata(written: Sequence[str]) -> str:
    """The fields that all rows share with the same value, as JSON."""
    if len(set(written)) == 1:
        return written[0]
    raw: list[dict[str, msgspec.Raw]] = [
        msgspec.json.decode(text, type=dict[str, msgspec.Raw]) for text in written
    ]
    shared = {
        name: value
        for name, value in raw[0].items()
        if all(name in other and bytes(other[name]) == bytes(value) for other in raw[1:])
    }
    return msgspec.json.encode(shared).decode()
