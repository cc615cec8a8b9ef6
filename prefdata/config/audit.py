"""The config section `audit`: how labels are audited, and what happens to suspected rows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from prefdata.config.section import Ratio, Section

View = Literal["controls", "ngrams", "embeddings", "backbone"]
AuditAction = Annotated[
    Literal["drop", "soft-label", "flag", "off"],
    BeforeValidator(lambda value: "off" if value is False else value),
]


class PriorConfig(Section):
    """Share of labels that are the wrong way round, where it is known."""

    low: Ratio | None = Field(default=None, description="At least; unknown if absent.")
    high: Ratio | None = Field(default=None, description="At most; unknown if absent.")

    @model_validator(mode="after")
    def _is_an_interval(self) -> PriorConfig:
        low, high = self.low or 0.0, 0.5 if self.high is None else self.high
        if low > high:
            raise ValueError(f"low ({low}) is above high ({high})")
        if high > 0.5:
            raise ValueError(
                f"high ({high}) is above 0.5: if most labels were wrong, turn them all "
                "(read.map: chosen and rejected swapped)"
            )
        return self


class SelfTestConfig(Section):
    """Flips planted in a copy of the data, to see whether this audit would find them."""

    flips: float = Field(
        default=0.05, gt=0, lt=0.5, description="Share of labels turned in each copy."
    )
    copies: int = Field(default=3, ge=1, le=50, description="Copies, each with other flips.")
    at_least: float = Field(
        default=0.6,
        ge=0.5,
        lt=1,
        description="Lower bound of AUROC under which single rows are not judged.",
    )


class AblationConfig(Section):
    """Whether training without the flagged rows is better, on rows that nobody touched."""

    run: bool = Field(
        default=False,
        description="Train with and without the flagged rows, and without as many at random; "
        "measure on rows that nobody touched.",
    )
    test: float = Field(
        default=0.2, gt=0, lt=1, description="Share of rows, by group, left untouched."
    )
    repeats: int = Field(default=5, ge=1, le=100, description="Seeds.")


class ReviewConfig(Section):
    """What a person is asked, and what becomes of the answers."""

    rows: int = Field(default=40, ge=0, description="Rows in the review sheet; 0: none is written.")
    decisions: str | None = Field(
        default=None, description="A review sheet that a person has filled in."
    )
    reading_error: float = Field(
        default=0.1,
        ge=0,
        lt=0.5,
        description="Share of single answers that are false, once those that call a label wrong "
        "were read again; before, answers are taken as they are.",
    )
    flips: Literal["drop", "flip", "flag"] = Field(
        default="drop",
        description="Rows that a person says are the wrong way round: dropped, turned, or flagged.",
    )


class AuditReportConfig(Section):
    """What the page of the report shows."""

    suspects: int = Field(default=200, ge=0, description="Suspected rows shown with their texts.")
    examples: int = Field(
        default=3, ge=0, description="Rows shown of each issue and kind of duplicate."
    )
    characters: int = Field(
        default=4000, ge=100, description="Characters of a text; longer ones are cut, and say so."
    )


class AuditConfig(Section):
    """Reward models across folds, and the labels that they speak against."""

    run: bool = Field(
        default=False,
        description="Audit the labels as the last step of a build, and write the report; "
        "`prefdata audit` always does.",
    )
    views: tuple[View, ...] = Field(
        default=("controls", "ngrams", "embeddings"),
        min_length=1,
        description="What looks at the labels: controls (length, format, refusal, source, model), "
        "ngrams (words and their sequences), embeddings (frozen ones, of the encoder), backbone (a "
        "fine-tuned model, reward.backbone).",
    )
    judgements: tuple[str, ...] = Field(
        default=(),
        description="Judgements of the same pairs, such as those of prefdata judge, that are one "
        "more view: files, folders, globs or URLs.",
    )
    folds: int = Field(default=5, ge=2, le=50, description="Folds, by leakage group.")
    repeats: int = Field(default=3, ge=1, le=20, description="Divisions of the rows into folds.")
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Seed of folds, planted flips and samples."
    )
    likely: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="P(flip), by answers of people, above which a label is likely flipped.",
    )
    action: AuditAction = Field(
        default="flag",
        description="What becomes of suspected rows: drop (the unread of the first rows, if the "
        "answers promise the precision), soft-label (those likely flipped by the answers), flag, "
        "off.",
    )
    precision: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Share of wrong labels among dropped rows, at least, with 90% confidence; "
        "nothing is dropped while it is not shown.",
    )
    top: int | None = Field(
        default=None,
        ge=1,
        description="At most so many suspected rows, the likeliest first; all if absent.",
    )
    prior: PriorConfig = Field(default_factory=PriorConfig)
    self_test: SelfTestConfig = Field(default_factory=SelfTestConfig)
    ablation: AblationConfig = Field(default_factory=AblationConfig)
    review: ReviewConfig = Field(default_factory=ReviewConfig)
    report: AuditReportConfig = Field(default_factory=AuditReportConfig)

    @model_validator(mode="after")
    def _has_each_view_once(self) -> AuditConfig:
        if len(set(self.views)) < len(self.views):
            raise ValueError("views: each is named once")
        return self
