"""What a judgement says, as an answer to what a campaign asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from prefdata.config.annotation import AnnotationConfig, CriterionConfig
from prefdata.dialects.judgements.voted import ACCEPTABLE, TIE
from prefdata.records.judgement import OVERALL, Judgement, Opinion
from prefdata.results.annotation import VoteAnswer

_STRONGEST = 3
"""Points from a tie to the end of the scale."""


class SaidError(ValueError):
    """A judgement does not answer what the campaign asks; the message says why."""


def answer_said(
    judgement: Judgement, places: Sequence[int], config: AnnotationConfig
) -> VoteAnswer:
    """The answer of a judgement. `places`: for each completion of the item, its place in the
    judgement.

    A verdict, a ranking or an overall rating answers a pairwise item or a ranking: of a rating and
    a rank only the order counts. Raises SaidError.
    """
    ratings = _ratings(judgement, places, config)
    if config.kind == "rating":
        missing = [c.name for c in config.criteria if None in ratings.get(c.name, (None,))]
        if missing:
            raise SaidError(f"it has no rating of every completion for {', '.join(missing)}")
        return VoteAnswer(ratings=ratings)
    deciding = _deciding(judgement)
    scores = [deciding.scores[place] for place in places]
    if None in scores:
        raise SaidError(f"it has no opinion ({deciding.criterion}) of every completion")
    known = [score for score in scores if score is not None]
    beside = {name: points for name, points in ratings.items() if None not in points} or None
    if config.kind == "ranking":
        levels = sorted(set(known), reverse=True)
        return VoteAnswer(places=tuple(levels.index(score) + 1 for score in known), ratings=beside)
    return VoteAnswer(choice=_choice(judgement, deciding, known), ratings=beside)


def _choice(
    judgement: Judgement, deciding: Opinion, scores: Sequence[float]
) -> int | Literal["both-bad"]:
    gap = scores[0] - scores[1]
    if not gap and any(
        o.criterion == ACCEPTABLE and set(o.values) == {0.0} for o in judgement.opinions
    ):
        return "both-bad"
    strength = 1
    if deciding.kind == "verdict" and deciding.graded:
        strength = min(_STRONGEST, max(1, round(abs(gap))))
    return TIE - (gap > 0) * strength + (gap < 0) * strength


def _deciding(judgement: Judgement) -> Opinion:
    named = {opinion.criterion: opinion for opinion in judgement.opinions}
    named.pop(ACCEPTABLE, None)
    wanted = [name for name in (OVERALL, *judgement.overall) if name in named]
    if len(set(wanted)) == 1 or OVERALL in wanted:
        return named[wanted[0]]
    if len(named) == 1:
        return next(iter(named.values()))
    raise SaidError(
        f"it has opinions by {', '.join(named)}, and none as a whole"
        if named
        else "it says nothing"
    )


def _ratings(
    judgement: Judgement, places: Sequence[int], config: AnnotationConfig
) -> dict[str, tuple[int | None, ...]]:
    said = {opinion.criterion: opinion for opinion in judgement.opinions}
    return {
        criterion.name: tuple(
            _points(said[criterion.name].values[place], criterion, config) for place in places
        )
        for criterion in config.rated
        if criterion.name in said and said[criterion.name].kind == "rating"
    }


def _points(
    value: float | None, criterion: CriterionConfig, config: AnnotationConfig
) -> int | None:
    if value is None:
        return None
    if value != int(value) or not config.scale.least <= value <= config.scale.most:
        raise SaidError(
            f"its rating of {criterion.name}, {value:g}, is no whole number from "
            f"{config.scale.least} to {config.scale.most}, the scale of the project"
        )
    return int(value)
