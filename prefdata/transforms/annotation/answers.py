"""Whether an answer is one, and how alike two answers are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from prefdata.config.annotation import AnnotationConfig, CriterionConfig, ScaleConfig
from prefdata.dialects.judgements.voted import TIE, has_opinion
from prefdata.errors import AnswerError
from prefdata.results.annotation import NewVote, VoteAnswer

CHOICES = 7
"""Points of a choice between two completions."""

LONGEST_TEXT = 10_000
"""Characters of a comment or a question."""

_LONGEST_FLAG, _LONGEST_REQUEST = 200, 100
_LONGEST_TIME = 7 * 24 * 3600 * 1000  # milliseconds


def demand_vote(vote: NewVote, config: AnnotationConfig, kind: str, count: int) -> None:
    """Raises AnswerError, with what is allowed, if a vote on `count` completions is none."""
    demand_answer(vote.answer, config, kind, count)
    if not 1 <= len(vote.request) <= _LONGEST_REQUEST:
        raise AnswerError(f"request: must have 1 to {_LONGEST_REQUEST} characters, such as a UUID")
    for name, text, longest in (
        ("comment", vote.comment, LONGEST_TEXT),
        ("flag", vote.flag, _LONGEST_FLAG),
    ):
        if text is not None and len(text) > longest:
            raise AnswerError(f"{name}: has {len(text):,} characters; at most {longest:,} fit")
    if vote.confidence is not None and not 0 <= vote.confidence <= 1:
        raise AnswerError(f"confidence: {vote.confidence} does not lie between 0 and 1")
    for name, time in (("active_ms", vote.active_ms), ("total_ms", vote.total_ms)):
        if time is not None and not 0 <= time <= _LONGEST_TIME:
            raise AnswerError(f"{name}: {time} is no time between 0 and a week, in milliseconds")


def demand_answer(answer: VoteAnswer, config: AnnotationConfig, kind: str, count: int) -> None:
    """Raises AnswerError, with what is allowed, if an answer on `count` completions is none."""
    if kind == "pairwise":
        _demand_choice(answer)
    elif answer.choice is not None:
        raise AnswerError(f"choice: is the answer to a pairwise item, and this is a {kind}")
    if kind == "ranking":
        _demand_places(answer, count)
    elif answer.places is not None:
        raise AnswerError(f"places: are the answer to a ranking, and this is a {kind} item")
    rated = config.criteria if kind == "rating" else config.rated
    _demand_ratings(answer.ratings or {}, rated, config.scale, count)
    if kind == "rating" and not answer.unsure:
        _demand_every_rating(answer.ratings or {}, rated)


def _demand_choice(answer: VoteAnswer) -> None:
    choice = answer.choice
    if choice is None and answer.unsure:
        return
    if isinstance(choice, bool) or (
        not (isinstance(choice, int) and 1 <= choice <= CHOICES)
        and choice not in ("both-bad", "unsure")
    ):
        raise AnswerError(
            f"choice: {choice!r} is none of 1 (the first is much better) to {CHOICES} (the second "
            "is), both-bad, unsure"
        )


def _demand_places(answer: VoteAnswer, count: int) -> None:
    places = answer.places
    if places is None and answer.unsure:
        return
    if places is None or len(places) != count:
        raise AnswerError(f"places: needs a place for each of the {count} completions")
    if sorted(set(places)) != list(range(1, len(set(places)) + 1)):
        raise AnswerError(f"places: {list(places)} must count from 1, without gaps; ties share one")


def _demand_ratings(
    ratings: dict[str, tuple[int | None, ...]],
    rated: Sequence[CriterionConfig],
    scale: ScaleConfig,
    count: int,
) -> None:
    names = [criterion.name for criterion in rated]
    for name, points in ratings.items():
        if name not in names:
            raise AnswerError(
                f"ratings: {name!r:.80} is not asked; asked are: {', '.join(names) or 'none'}"
            )
        if len(points) != count:
            raise AnswerError(f"ratings.{name}: needs a value for each of {count} completions")
        if any(p is not None and not scale.least <= p <= scale.most for p in points):
            raise AnswerError(f"ratings.{name}: points go from {scale.least} to {scale.most}")


def _demand_every_rating(
    ratings: dict[str, tuple[int | None, ...]], rated: Sequence[CriterionConfig]
) -> None:
    for criterion in rated:
        if None in ratings.get(criterion.name, (None,)):
            raise AnswerError(f"ratings.{criterion.name}: not every completion has points yet")


def likeness(one: VoteAnswer, other: VoteAnswer) -> float | None:
    """How alike two answers by completions are, 0 to 1; None: one of them has no opinion.

    Verdicts: 1 for the same side, a half where one is a tie. Rankings: the mean of this over each
    two completions. Ratings: the mean of 1 for the same points, a half for the next ones.
    """
    if not has_opinion(one) or not has_opinion(other):
        return None
    cells = list(_cells(one, other))
    return sum(cells) / len(cells) if cells else None


def _cells(one: VoteAnswer, other: VoteAnswer) -> Iterable[float]:
    if one.choice is not None and other.choice is not None:
        yield 1 - abs(_side(one) - _side(other)) / 2
    elif one.places is not None and other.places is not None:
        for a, b in combinations(range(len(one.places)), 2):
            mine = _sign(one.places[a] - one.places[b])
            yield 1 - abs(mine - _sign(other.places[a] - other.places[b])) / 2
    else:
        ratings = other.ratings or {}
        for name, points in (one.ratings or {}).items():
            for p, q in zip(points, ratings.get(name, ()), strict=False):
                if p is not None and q is not None:
                    yield max(0.0, 1 - abs(p - q) / 2)


def _side(answer: VoteAnswer) -> int:
    return _sign(TIE - answer.choice) if isinstance(answer.choice, int) else 0


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def agreement_of(answers: Sequence[VoteAnswer]) -> float | None:
    """The mean likeness of all others to the most typical answer; None under two opinions.

    >>> first, second = VoteAnswer(choice=1), VoteAnswer(choice=6)
    >>> agreement_of([first, second]), agreement_of([first, second, first])
    (0.0, 0.5)
    """
    said = [answer for answer in answers if has_opinion(answer)]
    if len(said) < 2:
        return None
    return max(
        sum(likeness(one, other) or 0.0 for j, other in enumerate(said) if j != i) / (len(said) - 1)
        for i, one in enumerate(said)
    )
