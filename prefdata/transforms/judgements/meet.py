"""Puts judgements of the same completions together, and makes the pairs that follow of all.

Values that stand for themselves (ratings, accepted, a rank among siblings) meet on one prompt, if
they are of one kind: a completion's value is the mean of those that it was given. Comparisons
(verdicts, rankings) meet on one prompt and one set of completions, in whatever order they were
shown: they are votes. A final judgement settles its completions alone.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from prefdata.config.pairs import PairsConfig
from prefdata.records.context import context_of
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import Message
from prefdata.results.sentences import Sentence
from prefdata.transforms.judgements.counted import (
    Ballot,
    Ballots,
    Outcome,
    VotesOnPairs,
    counted,
    votes_of_groups,
    votes_on_pair,
    votes_said,
)
from prefdata.transforms.judgements.policy import (
    JudgedPair,
    NoPair,
    Scores,
    pairs_of,
    scale_of,
    scores_of,
)

NOT_PICKED = NoPair("not-picked", Sentence("unpaired.not-picked"))


@dataclass(frozen=True)
class MetPair:
    """A pair of completions of a judgement that was put together.

    `speaking`: the judgements behind it, as indices. `judges`: how many compared the two.
    `agreement`: the share of their votes for the chosen completion, where they are several; a tie
    is half a vote. `dispute`: the evidence that they agree too little.
    """

    pair: JudgedPair
    speaking: tuple[int, ...]
    judges: int = 1
    agreement: float | None = None
    dispute: Sentence | None = None


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


def meet(
    judgements: Sequence[Judgement],
    config: PairsConfig,
    apart: Sequence[int] | None = None,
    sources: Sequence[int] | None = None,
) -> list[Met]:
    """Puts judgements together, in the order of the first of each.

    `apart`: a number for each judgement; those that differ in it do not meet. `sources`: the number
    of the source of each, whose strengths are on a scale of their own; None: all are of one.
    """
    groups: dict[Hashable, list[int]] = {}
    for index, judgement in enumerate(judgements):
        key = meeting_key(judgement), apart[index] if apart else None
        groups.setdefault(key, []).append(index)
    together = [_together(judgements, members) for members in groups.values()]
    voted = [group for group in together if group.is_comparison]
    rated = [group for group in together if not group.is_comparison]
    outcomes = iter(counted([g.ballots(judgements, config, sources) for g in voted], config.votes))
    agreed = iter(votes_of_groups([g.ballots_of_judges(judgements, config) for g in rated]))
    return [
        _of_votes(group, next(outcomes), judgements, config)
        if group.is_comparison
        else _of_values(group, next(agreed), judgements, config)
        for group in together
    ]


def gathered(judgements: Sequence[Judgement]) -> list[tuple[int, Judgement]]:
    """The completions of judgements that meet, put together, without what was said of them; with
    the index of the first judgement of each."""
    groups: dict[Hashable, list[int]] = {}
    for index, judgement in enumerate(judgements):
        groups.setdefault(meeting_key(judgement), []).append(index)
    return [(members[0], _together(judgements, members).whole) for members in groups.values()]


def prompt_key(judgement: Judgement) -> Hashable:
    """What judgements on one prompt share: its messages, up to white space, and its context."""
    context = context_of(judgement.metadata) if len(judgement.metadata) > 2 else {}
    return _texts(judgement.prompt), msgspec.json.encode(context, order="deterministic")


def meeting_key(judgement: Judgement) -> Hashable:
    """What judgements share that are put together."""
    if _is_comparison(judgement):
        return prompt_key(judgement), frozenset(map(completion_key, judgement.completions))
    return prompt_key(judgement), frozenset((o.criterion, o.kind) for o in judgement.opinions)


def completion_key(completion: Completion) -> Hashable:
    """What one completion is known by: its messages, up to white space."""
    return _texts(completion.messages)


def without_texts(judgement: Judgement) -> Judgement:
    """The judgement with checksums in place of its texts and metadata: small, and what meets by its
    keys still does."""
    return msgspec.structs.replace(
        judgement,
        prompt=(_checksum(prompt_key(judgement)),),
        completions=tuple(
            Completion((_checksum(completion_key(each)),)) for each in judgement.completions
        ),
        comment=None,
        metadata="{}",
    )


def _checksum(key: Hashable) -> Message:
    return Message("", hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest())


def _is_comparison(judgement: Judgement) -> bool:
    kinds = {opinion.kind for opinion in judgement.opinions}
    return len(judgement.completions) > 1 and bool(kinds & {"verdict", "rank"})


def _texts(messages: Iterable[Message]) -> tuple[tuple[str, str, str | None], ...]:
    return tuple((m.role, (m.content or "").strip(), m.extra) for m in messages)


Placed = tuple[tuple[int, tuple[int, ...]], ...]
"""Judgements, as indices, with the places of their completions in the whole."""


@dataclass(frozen=True)
class _Group:
    """Judgements that meet: the union of their completions in `whole`, and the place of each."""

    whole: Judgement
    members: Placed
    is_comparison: bool
    final: Placed
    """The members that settle it; the others are votes all the same."""

    def ballots(
        self, judgements: Sequence[Judgement], config: PairsConfig, sources: Sequence[int] | None
    ) -> Ballots:
        """What each judge says of the completions of the whole."""
        cast = (
            Ballot(
                judgements[index].judge,
                _said(judgements[index], where, config),
                _shown(judgements[index], where),
                (sources[index] if sources else 0, scale_of(judgements[index], config)),
            )
            for index, where in self._votes()
        )
        return Ballots(self._order(), tuple(cast))

    def ballots_of_judges(self, judgements: Sequence[Judgement], config: PairsConfig) -> Ballots:
        """What each judge with a name says in all judgements, of which each may be of one
        completion; the mean of what a judge says of one."""
        votes = self._votes()
        if len({judgements[index].judge for index, _ in votes} - {None}) < 2:
            return Ballots((), ())  # nobody to agree with
        given: dict[str, dict[int, list[float]]] = {}
        for index, where in votes:
            judge = judgements[index].judge
            if judge is not None:
                for place, value in _said(judgements[index], where, config).items():
                    given.setdefault(judge, {}).setdefault(place, []).append(value)
        cast = (
            Ballot(judge, {p: math.fsum(all_) / len(all_) for p, all_ in said.items()}, {})
            for judge, said in given.items()
        )
        return Ballots(self._order(), tuple(cast))

    def settled(self, judgements: Sequence[Judgement], config: PairsConfig) -> Scores | None:
        """The scores by which final judgements settle it; the mean of several."""
        if not self.final:
            return None
        said: dict[int, list[float]] = {}
        for index, where in self.final:
            for place, value in _said(judgements[index], where, config).items():
                said.setdefault(place, []).append(value)
        count = range(len(self.whole.completions))
        means = tuple(math.fsum(said[p]) / len(said[p]) if p in said else None for p in count)
        graded = all(scores_of(judgements[index], config).graded for index, _ in self.final)
        return Scores(means, Sentence("scores.final"), graded)

    def _votes(self) -> Placed:
        return tuple(member for member in self.members if member not in self.final)

    def _order(self) -> tuple[int, ...]:
        texts = [str(completion_key(each)) for each in self.whole.completions]
        return tuple(sorted(range(len(texts)), key=texts.__getitem__))


def _said(judgement: Judgement, where: Sequence[int], config: PairsConfig) -> dict[int, float]:
    """The score of each completion that has one, by its place in the whole."""
    scores = scores_of(judgement, config).values
    return {place: v for place, v in zip(where, scores, strict=True) if v is not None}


def _shown(judgement: Judgement, where: Sequence[int]) -> dict[int, int]:
    """The place at which each completion was shown; empty if that is unknown."""
    if judgement.shown is None:
        return {}
    return {where[index]: place for place, index in enumerate(judgement.shown)}


def _together(judgements: Sequence[Judgement], members: Sequence[int]) -> _Group:
    """One group of judgements, with the union of their completions."""
    union: dict[Hashable, Completion] = {}
    for index in members:
        for each in judgements[index].completions:
            union.setdefault(completion_key(each), each)
    positions = {key: place for place, key in enumerate(union)}
    placed = tuple(
        (index, tuple(positions[completion_key(c)] for c in judgements[index].completions))
        for index in members
    )
    first = judgements[members[0]]
    common = _common_metadata([judgements[index].metadata for index in members])
    whole = msgspec.structs.replace(
        first, completions=tuple(union.values()), opinions=(), metadata=common
    )
    final = tuple(member for member in placed if judgements[member[0]].final)
    return _Group(whole, placed, _is_comparison(first), final)


def _of_values(
    group: _Group, agreed: VotesOnPairs, judgements: Sequence[Judgement], config: PairsConfig
) -> Met:
    """Each value stands for itself: of several for one completion the mean counts."""
    whole, placed = group.whole, group.members
    given: dict[str, dict[int, list[float]]] = {}
    kinds: dict[str, Opinion] = {}
    for index, where in group.final or placed:
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
        return Met(whole, placed, scores.said, (), silent)
    pairs = tuple(
        _met_pair(
            pair,
            tuple(i for i, where in placed if pair.better in where or pair.worse in where),
            agreed,
            None if group.final else config.min_agreement,
        )
        for pair in made
    )
    return _met(whole, placed, scores, pairs)


def _of_votes(
    group: _Group, outcome: Outcome, judgements: Sequence[Judgement], config: PairsConfig
) -> Met:
    """Comparisons of the same completions, by one judge or several."""
    whole, placed = group.whole, group.members
    scores = group.settled(judgements, config) or outcome.scores
    made = pairs_of(whole, config, scores)
    if isinstance(made, NoPair):
        if made.reason == "tie" and len(placed) > 1 and not group.final:
            made = NoPair(
                "tie",
                Sentence(
                    "unpaired.votes-tie", cast=votes_said([judgements[i].judge for i, _ in placed])
                ),
            )
        return Met(whole, placed, scores.said, (), dict.fromkeys((i for i, _ in placed), made))
    pairs = []
    for pair in made:
        cast = tuple(
            index for index, where in placed if pair.better in where and pair.worse in where
        )
        least = None if group.final else config.min_agreement
        pairs.append(_met_pair(pair, cast, outcome.votes, least))
    return _met(whole, placed, scores, tuple(pairs))


def _met_pair(
    pair: JudgedPair, speaking: tuple[int, ...], told: VotesOnPairs, least: float | None
) -> MetPair:
    """A pair with how far its judges agree. `least`: agreement below which they disagree; None
    where that was settled. A tie that is kept is no label to dispute."""
    votes = votes_on_pair(told, pair.better, pair.worse)
    if votes is None:
        return MetPair(pair, speaking)
    dispute = votes.dispute(least) if pair.gap and least is not None else None
    return MetPair(pair, speaking, votes.judges, votes.agreement, dispute)


def _met(whole: Judgement, placed: Placed, scores: Scores, pairs: tuple[MetPair, ...]) -> Met:
    speaking = {index for pair in pairs for index in pair.speaking}
    silent = {index: NOT_PICKED for index, _ in placed if index not in speaking}
    return Met(whole, placed, scores.said, pairs, silent)


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
