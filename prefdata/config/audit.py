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

    low: Ratio | None = Field(default=None, description="Lower end; unknown if absent.")
    high: Ratio | None = Field(default=None, description="Upper end; unknown if absent.")

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
        default=0.05, gt=0, lt=0.5, description="Share of labels flipped in each copy."
    )
    copies: int = Field(
        default=3, ge=1, le=50, description="Number of copies, each with different flips."
    )
    at_least: float = Field(
        default=0.6,
        ge=0.5,
        lt=1,
        description="If the lower end of the AUROC interval is below this, no row is flagged.",
    )


class AblationConfig(Section):
    """Whether training without the flagged rows is better, on rows that nobody touched."""

    run: bool = Field(
        default=False,
        description="Train with all rows, without the flagged rows, and without as many random "
        "rows; measure on rows that stay unchanged.",
    )
    test: float = Field(
        default=0.2, gt=0, lt=1, description="Share of rows, in whole groups, that stay unchanged."
    )
    repeats: int = Field(
        default=5, ge=1, le=100, description="Number of repetitions, each with another seed."
    )


class ReviewConfig(Section):
    """What a person is asked, and what becomes of the answers."""

    rows: int = Field(
        default=40, ge=0, description="Number of rows in the review sheet; 0: no sheet is written."
    )
    decisions: str | None = Field(
        default=None, description="Review sheet that a person has filled in."
    )
    reading_error: float = Field(
        default=0.1,
        ge=0,
        lt=0.5,
        description="Share of wrong answers among single answers. It is used once the answers "
        "that call a label wrong were checked a second time; before that, answers "
        "count as they are.",
    )
    flips: Literal["drop", "flip", "flag"] = Field(
        default="drop",
        description="Rows whose label a person calls wrong: drop them, flip them (swap chosen "
        "and rejected), or flag them.",
    )


class AuditReportConfig(Section):
    """What the page of the report shows."""

    suspects: int = Field(
        default=200, ge=0, description="Number of suspected rows shown with their texts."
    )
    examples: int = Field(
        default=3,
        ge=0,
        description="Number of rows shown for each issue, kind of duplicate and change.",
    )
    characters: int = Field(
        default=4000,
        ge=100,
        description="Maximum length of a text in characters; longer texts are cut and marked.",
    )
    since: str | None = Field(
        default=None,
        description="Output folder of an earlier build; the report says what changed since.",
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
        description="Models that score the labels: controls (only length, format, refusal, "
        "source, model), ngrams (words and word sequences), embeddings (of the "
        "encoder, frozen), backbone (a fine-tuned model, reward.backbone).",
    )
    judgements: tuple[str, ...] = Field(
        default=(),
        description="Judgements of the same pairs, such as the output of prefdata judge, used "
        "as one more view: files, folders, globs or URLs.",
    )
    folds: int = Field(
        default=5,
        ge=2,
        le=50,
        description="Number of folds; rows of a leakage group stay together.",
    )
    repeats: int = Field(
        default=3, ge=1, le=20, description="Number of times that the rows are divided into folds."
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**32,
        description="Seed of the folds, the planted flips and the samples.",
    )
    likely: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="A label is likely flipped if P(flip), estimated from people's answers, is "
        "above this.",
    )
    action: AuditAction = Field(
        default="flag",
        description="What to do with suspected rows: drop (the most suspected rows that nobody "
        "has read, if people's answers show the precision asked for), soft-label "
        "(rows that are likely flipped by these answers), flag, off.",
    )
    precision: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Required share of wrong labels among the dropped rows, with 90% "
        "confidence; until people's answers show it, no row is dropped.",
    )
    top: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of suspected rows, the most likely first; all if absent.",
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
