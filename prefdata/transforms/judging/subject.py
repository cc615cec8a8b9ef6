"""What is judged: the completions of one prompt, and what the sources say of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from prefdata.config.pairs import PairsConfig
from prefdata.records.judgement import OVERALL, Completion, Judgement
from prefdata.records.record import Message, text_of
from prefdata.transforms.judgements.as_written import in_canonical_order, written_fields
from prefdata.transforms.judgements.meet import completion_key, gathered, meeting_key
from prefdata.transforms.judgements.policy import scores_of
from prefdata.transforms.texts.language import language_of

Labels = Mapping[tuple[int, int], int]
"""Two completions, by place, the smaller first, to what sources say: 1 the first is better, -1 the
second, 0 neither."""


@dataclass(frozen=True)
class Subject:
    """Different completions of one prompt, in an order by their texts.

    `fields`: of the row besides. `labels`: by criterion, what the sources say of two completions;
    no judge sees them.
    """

    source: str
    source_row: int
    prompt: tuple[Message, ...]
    completions: tuple[Completion, ...]
    language: str
    fields: dict[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Labels] = field(default_factory=dict)


def subjects_of(
    source: str, judged: Sequence[tuple[int, Judgement]], *, are_pairs: bool
) -> Iterator[Subject]:
    """The subjects of one source, in the order of the first row of each.

    `judged`: (row, judgement). `are_pairs`: each has two completions, the better one first.
    """
    if are_pairs:
        for row, pair in judged:
            yield _subject(source, row, pair, (), better=pair.completions[0])
        return
    members: dict[Hashable, list[Judgement]] = {}
    for _, judgement in judged:
        members.setdefault(meeting_key(judgement), []).append(judgement)
    whole = gathered([judgement for _, judgement in judged])
    for (first, together), those in zip(whole, members.values(), strict=True):
        yield _subject(source, judged[first][0], together, those)


def _subject(
    source: str,
    row: int,
    whole: Judgement,
    members: Sequence[Judgement],
    better: Completion | None = None,
) -> Subject:
    completions = in_canonical_order(whole.completions)
    places = {completion_key(each): place for place, each in enumerate(completions)}
    labels: dict[str, Labels] = _labels(members, places)
    if better is not None and len(completions) == 2:
        labels = {OVERALL: {(0, 1): 1 if places[completion_key(better)] == 0 else -1}}
    return Subject(
        source=source,
        source_row=row,
        prompt=whole.prompt,
        completions=completions,
        language=language_of(text_of(whole.prompt)),
        fields=written_fields(whole),
        labels=labels,
    )


def _labels(members: Sequence[Judgement], places: Mapping[Hashable, int]) -> dict[str, Labels]:
    """What most judges say of each two completions, by criterion; final ones settle it."""
    spoken = [each for each in members if each.final] or list(members)
    sums: dict[str, dict[tuple[int, int], int]] = {}
    for judgement in spoken:
        where = [places[completion_key(each)] for each in judgement.completions]
        for criterion, config in _criteria(judgement).items():
            values = scores_of(judgement, config).values
            said = sorted(
                (place, v) for place, v in zip(where, values, strict=True) if v is not None
            )
            told = sums.setdefault(criterion, {})
            for (a, first), (b, second) in combinations(said, 2):
                if a != b:
                    told[a, b] = told.get((a, b), 0) + (first > second) - (first < second)
    return {
        criterion: {pair: (by > 0) - (by < 0) for pair, by in told.items()}
        for criterion, told in sums.items()
    }


def _criteria(judgement: Judgement) -> dict[str, PairsConfig]:
    named = {o.criterion: PairsConfig(criterion=o.criterion) for o in judgement.opinions}
    return {OVERALL: PairsConfig(), **named} if named else {}
