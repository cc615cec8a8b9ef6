"""The result of `prefdata agreement`: how far judges agree, by criterion and source.

An *item* is a pair of completions of one prompt; a *unit* is what alpha and kappa compare the
answers on: an item, or a completion where judges gave ratings. Ratios lie between 0 and 1. Numbers
are rounded to six decimals; a value that cannot be computed is null.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from prefdata.results.closed import Charted, Closed
from prefdata.results.sentences import SentenceField
from prefdata.results.training import Estimate, Number

AgreementScale = Literal["nominal", "ordinal", "interval"]

AnswerName = Literal["first", "second", "shown-first", "shown-second", "tie"]
"""What a judge answers. first, second: of the canonical order, where the one shown is unknown."""


class AlphaEstimate(Closed):
    """Krippendorff's alpha: 1 is perfect agreement, 0 that of chance."""

    scale: AgreementScale
    units: int = Field(ge=0, description="Units that two or more judges answered on.")
    prompts: int = Field(ge=0, description="Prompts that these belong to.")
    value: Number | None
    low: Number | None = Field(description="Lower end of the 95% interval, by prompt bootstrap.")
    high: Number | None = Field(description="Upper end.")
    absent: SentenceField | None = Field(default=None, description="Why a number is null.")


class PositionShare(Closed):
    """Of the votes that are no tie and whose order of showing is known, those for the first."""

    votes: int = Field(ge=0)
    first: Number | None = Field(description="Share for the completion shown first; 0.5: no bias.")
    low: Number | None = Field(description="Lower end of Wilson's 95% interval.")
    high: Number | None = Field(description="Upper end.")


class JudgeAgreement(Closed):
    """One judge."""

    judge: str
    votes: int = Field(ge=0)
    with_rest: Estimate = Field(
        description="Agreement with the majority of the other judges of an item (pairs: items; "
        "groups: prompts); half where one of the two is a tie."
    )
    dawid_skene: Number | None = Field(
        description="Estimated probability of a right vote on an item that is no tie; null: no "
        "item was voted on by two judges."
    )
    bradley_terry: Number | None = Field(
        description="The same by Bradley-Terry, which also looks at other items of the prompt."
    )
    position: PositionShare
    same_answer: AnswerName | None = Field(description="The most frequent answer.")
    same_answer_ratio: Number | None = Field(description="Its share of the votes.")
    seconds: Number | None = Field(
        description="Median seconds between consecutive judgements; null without times."
    )
    says: tuple[SentenceField, ...] = Field(default=(), description="What is odd, in sentences.")


class JudgePair(Closed):
    """Two judges."""

    one: str
    other: str
    units: int = Field(ge=1, description="Units that both answered on.")
    agreement: Number = Field(description="Share of these on which they say the same.")
    kappa: Number | None = Field(
        description="Cohen's kappa, weighted by squared differences on ordinal and interval "
        "scales; null: both give one and the same answer throughout."
    )


class AgreementSlice(Closed):
    """Agreement by one criterion, in one source or in all."""

    criterion: str
    source: str | None = Field(description="Null: all sources together.")
    prompts: int = Field(ge=0)
    items: int = Field(ge=0)
    shared_items: int = Field(ge=0, description="Items that two or more judges voted on.")
    votes: int = Field(ge=0)
    unanimous_ratio: Number | None = Field(description="Of the shared items, all votes the same.")
    tie_ratio: Number | None = Field(description="Of all items, those that the majority ties.")
    alpha: AlphaEstimate
    position: PositionShare = Field(description="Of all judges together.")
    judges: tuple[JudgeAgreement, ...] = Field(description="Those with most votes first.")
    pairs: tuple[JudgePair, ...] = Field(description="Those with most units in common first.")
    pairs_of_judges: int = Field(
        ge=0, description="The judges, those with most votes, that `pairs` compares."
    )
    says: tuple[SentenceField, ...] = ()


class AgreementReport(Charted):
    """All that was measured."""

    main_table: ClassVar[str] = "slices"

    format: Literal["prefdata-agreement/1"] = "prefdata-agreement/1"
    slices: tuple[AgreementSlice, ...] = Field(
        description="By criterion: all sources together, then each source if there are several."
    )
    remarks: dict[str, SentenceField] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)
