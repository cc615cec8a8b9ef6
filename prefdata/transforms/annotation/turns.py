"""When an item is done, and whom it still needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prefdata.config.annotation import AnnotationConfig
from prefdata.dialects.judgements.voted import has_opinion
from prefdata.results.annotation import VoteAnswer
from prefdata.transforms.annotation.answers import agreement_of
from prefdata.transforms.annotation.draws import in_overlap

DIFFERS = 0.5
"""Agreement below which people disagree: no answer is at least half way to all others."""


@dataclass(frozen=True)
class Turn:
    """`wanted`: people who have to judge an item; `judged`: who have. `differs`: all who were to
    judge it at first have done so and disagree, and no further person has settled it."""

    wanted: int
    judged: int
    is_done: bool
    differs: bool


def people_wanted(config: AnnotationConfig, key: str) -> int:
    """How many people are to judge an item, as long as they do not disagree."""
    if in_overlap(config.seed, key, config.overlap.share):
        return max(config.votes, config.overlap.people)
    return config.votes


def turn_of(answers: Sequence[VoteAnswer], wanted: int, config: AnnotationConfig) -> Turn:
    """Where an item stands: `answers` by completions, one a person; `wanted` by `people_wanted`.

    One person more is asked, once, where people disagree, and where somebody was unsure.
    """
    agreement = agreement_of(answers)
    differs = agreement is not None and agreement < DIFFERS
    is_unsure = not all(map(has_opinion, answers))
    judged = len(answers)
    differs = differs and judged >= wanted
    if config.third and judged >= wanted and (differs or is_unsure or judged > wanted):
        wanted += 1
    is_done = judged >= wanted
    if config.done.agreement is not None and agreement is not None and not is_unsure:
        is_done = is_done or agreement >= config.done.agreement
    return Turn(wanted, judged, is_done, differs)
