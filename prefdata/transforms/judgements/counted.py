"""Counts the votes of judges on the completions of many prompts, in one of several ways."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from prefdata.config.pairs import Votes as Way
from prefdata.records.arrays import Doubles, Ints
from prefdata.results.sentences import Sentence
from prefdata.transforms.judgements.bradley_terry import bradley_terry
from prefdata.transforms.judgements.dawid_skene import dawid_skene
from prefdata.transforms.judgements.disagreement import VotesOnPair, votes_on_pairs
from prefdata.transforms.judgements.majority import majority
from prefdata.transforms.judgements.policy import Scores
from prefdata.transforms.judgements.votes import Items, Votes, votes_of

_LEAST_GAP = 1e-6
"""The least gap for a side that wins."""


@dataclass(frozen=True)
class Ballot:
    """What one judge says: completion to its score. `shown`: completion to its place, if known.

    `scale`: what the scores of ballots share that mean the same by the same number.
    """

    judge: str | None
    said: dict[int, float]
    shown: dict[int, int]
    scale: Hashable = None


@dataclass(frozen=True)
class Ballots:
    """The ballots on the completions of one prompt. `order`: of the completions, by their texts, so
    that nothing depends on how they stand in the file."""

    order: tuple[int, ...]
    cast: tuple[Ballot, ...]


VotesOnPairs = dict[tuple[int, int], VotesOnPair]
"""The votes on two completions of a prompt, seen from the first; where several judges compared."""


@dataclass(frozen=True)
class Outcome:
    """What the ballots on the completions of a prompt come to."""

    scores: Scores
    votes: VotesOnPairs = field(default_factory=dict)


@dataclass(frozen=True)
class VotedItems:
    """All votes as arrays, and for each item its prompt and its two completions there.

    `names`: of the judges that have one; further judges are without a name. `unit` (votes): what a
    verdict of 1 means, in the points of the judge; 1 for a verdict on two of more completions.
    """

    votes: Votes
    items: Items
    group: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    names: tuple[str, ...]
    unit: Doubles

    def strength(self) -> Doubles:
        """How much better one of the two is to those who prefer one (items), in their points."""
        votes = self.votes
        unit = np.zeros(votes.items)  # of the item: the largest of its votes
        np.maximum.at(unit, votes.item, self.unit)
        share = np.abs(votes.verdict) * (self.unit / unit[votes.item])
        decided = votes.weight * (votes.verdict != 0)
        count = np.bincount(votes.item, decided, votes.items)
        total = np.bincount(votes.item, decided * share, votes.items)
        mean = np.where(count > 0, total / np.where(count > 0, count, 1), 1.0)
        return np.asarray(mean * unit, np.float64)

    def of_group(self, count: int) -> list[list[int]]:
        """The items of each of `count` prompts."""
        found: list[list[int]] = [[] for _ in range(count)]
        for item, group in enumerate(self.group):
            found[group].append(item)
        return found


def counted(groups: Sequence[Ballots], way: Way) -> list[Outcome]:
    """The outcome for the completions of each prompt.

    A prompt with one ballot has the scores of its judge, and one without ballots none. Of two
    completions the one wins that most judges prefer (majority), or that is likelier the better one
    by the reliabilities of the judges over all prompts (dawid-skene, bradley-terry). Of more
    completions the score is the mean of their duels, or that of Bradley-Terry. The gap of two is
    the share of agreement (0 to 1) times the mean strength of the votes for one side.
    """
    found = voted_items(groups)
    decided = _decided(found, way)
    outcomes = []
    for ballots, items, compared in zip(
        groups, found.of_group(len(groups)), _votes_by_group(found, len(groups)), strict=True
    ):
        scores = (
            _own(ballots) if len(ballots.cast) < 2 else _scores(ballots, items, found, decided, way)
        )
        outcomes.append(Outcome(scores, compared))
    return outcomes


def votes_of_groups(groups: Sequence[Ballots]) -> list[VotesOnPairs]:
    """The votes on each two completions of a prompt that several judges compared."""
    return _votes_by_group(voted_items(groups), len(groups))


def _votes_by_group(found: VotedItems, count: int) -> list[VotesOnPairs]:
    """Those of each of `count` prompts."""
    told: list[VotesOnPairs] = [{} for _ in range(count)]
    for group, pair, votes in zip(
        found.group, found.pairs, votes_on_pairs(found.votes), strict=True
    ):
        if votes.judges > 1:
            told[group][pair] = votes
    return told


def votes_on_pair(told: VotesOnPairs, better: int, worse: int) -> VotesOnPair | None:
    """The votes on two completions, seen from the better; None if one judge compared the two."""
    if (better, worse) in told:
        return told[better, worse]
    turned = told.get((worse, better))
    return None if turned is None else turned.turned


def voted_items(groups: Sequence[Ballots]) -> VotedItems:
    """The votes of all ballots on each pair of completions that a judge compared.

    Judges without a name are each a judge of their own. The strength of a verdict on the only two
    completions of a prompt is a part of the strongest that was said on its scale: three points of
    three are as much as a vote without points.
    """
    names = sorted({b.judge for group in groups for b in group.cast if b.judge is not None})
    judges = {name: place for place, name in enumerate(names)}
    strongest = _strongest(groups)
    rows: list[tuple[int, int, float, int, float]] = []
    pairs: list[tuple[int, int]] = []
    of_group: list[int] = []
    unnamed = len(names)
    for number, group in enumerate(groups):
        places: dict[tuple[int, int], int] = {}
        for ballot in group.cast:
            judge = unnamed if ballot.judge is None else judges[ballot.judge]
            unnamed += ballot.judge is None
            unit = strongest[ballot.scale] if len(group.order) == 2 else 1.0
            for pair, gap in _compared(group, ballot):
                if pair not in places:
                    places[pair] = len(pairs)
                    pairs.append(pair)
                    of_group.append(number)
                verdict = gap / unit if len(group.order) == 2 else float(np.sign(gap))
                verdict = min(max(verdict, -1.0), 1.0)
                rows.append((places[pair], judge, verdict, _first_shown(ballot, pair), unit))
    rows.sort()  # as `votes_of` sorts votes, so that each unit stays with its vote
    table = np.array(rows, np.float64).reshape(-1, 5)
    starts = np.cumsum([0, *(len(group.order) for group in groups)])
    firsts = np.array([starts[g] + a for g, (a, _) in zip(of_group, pairs, strict=True)], np.int64)
    seconds = np.array([starts[g] + b for g, (_, b) in zip(of_group, pairs, strict=True)], np.int64)
    votes = votes_of(
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2],
        shown=table[:, 3].astype(np.int64),
        items=len(pairs),
        judges=unnamed,
    )
    items = Items(firsts, seconds, int(starts[-1]))
    return VotedItems(votes, items, tuple(of_group), tuple(pairs), tuple(names), table[:, 4])


def _strongest(groups: Sequence[Ballots]) -> dict[Hashable, float]:
    """The largest score, up to its sign, that was given on each scale; 1 if that is 0."""
    found: dict[Hashable, float] = {}
    for group in groups:
        for ballot in group.cast:
            strengths = map(abs, ballot.said.values())
            found[ballot.scale] = max(found.get(ballot.scale, 0.0), *strengths, 0.0)
    return {scale: strength or 1.0 for scale, strength in found.items()}


def _compared(group: Ballots, ballot: Ballot) -> Iterator[tuple[tuple[int, int], float]]:
    """The pairs that a judge compared, the first by its text first, and the gap of their scores."""
    said = [place for place in group.order if place in ballot.said]
    for at, first in enumerate(said):
        for second in said[at + 1 :]:
            yield (first, second), ballot.said[first] - ballot.said[second]


def _first_shown(ballot: Ballot, pair: tuple[int, int]) -> int:
    if not all(place in ballot.shown for place in pair):
        return 0
    return 1 if ballot.shown[pair[0]] < ballot.shown[pair[1]] else -1


@dataclass(frozen=True)
class _Decided:
    """By item: the `side` that wins (1, 0 or -1), and the `gap` with its sign. `scores`: of each
    completion, where they are estimated."""

    side: Ints
    gap: Doubles
    scores: Doubles | None = None


def _decided(found: VotedItems, way: Way) -> _Decided:
    strength = found.strength()
    if way == "dawid-skene":
        by_reliability = dawid_skene(found.votes)
        return _Decided(by_reliability.side, by_reliability.mean * strength)
    if way == "bradley-terry":
        model = bradley_terry(found.votes, found.items)
        return _Decided(model.side, model.mean * strength, model.scores)
    most = majority(found.votes)
    return _Decided(most.side, (most.first - most.second) * strength)


def _own(ballots: Ballots) -> Scores:
    said = ballots.cast[0].said if ballots.cast else {}
    values = tuple(said.get(place) for place in range(len(ballots.order)))
    return Scores(values, Sentence("scores.one-judge"))


def votes_said(judges: Sequence[str | None]) -> Sentence:
    """Whose votes they are, by the judge of each; judges without a name are each one of their own.

    >>> print(votes_said(["ann", "bob"]))
    votes of 2 judges
    >>> print(votes_said(["ann", "ann"]))
    2 votes of one judge
    """
    people, votes = len(set(judges) - {None}) + judges.count(None), len(judges)
    if people == votes:
        return Sentence("scores.votes", judges=people)
    if people == 1:
        return Sentence("scores.votes-of-one", votes=votes)
    return Sentence("scores.votes-again", votes=votes, judges=people)


def _scores(
    ballots: Ballots, items: Sequence[int], found: VotedItems, decided: _Decided, way: Way
) -> Scores:
    """The scores of the completions of a prompt that several judges compared."""
    count = len(ballots.order)
    said = votes_said([ballot.judge for ballot in ballots.cast])
    if way != "majority":
        said = Sentence("scores.votes-by", cast=said, way=way)
    if count > 2 and decided.scores is not None:
        judged = {place for item in items for place in found.pairs[item]}
        scores = {}
        for item in items:
            first, second = found.pairs[item]
            scores[first] = float(decided.scores[found.items.first[item]])
            scores[second] = float(decided.scores[found.items.second[item]])
        return Scores(tuple(scores[p] if p in judged else None for p in range(count)), said)
    duels: dict[int, list[float]] = {}
    for item in items:
        first, second = found.pairs[item]
        won = int(decided.side[item]) * max(abs(float(decided.gap[item])), _LEAST_GAP)
        duels.setdefault(first, []).append(won)
        duels.setdefault(second, []).append(-won)
    values = (duels.get(place) for place in range(count))
    return Scores(tuple(math.fsum(won) / len(won) / 2 if won else None for won in values), said)
