"""The report on a judge that is a language model: what it said, and how far that can be trusted.

A *verdict* is one answer of the judge on two completions in one order, or its points for one
completion. A *pair* is two completions of one prompt. Ratios lie between 0 and 1; numbers are
rounded to six decimals; a value that cannot be computed is null, with the reason.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from prefdata.results.closed import Charted, Closed
from prefdata.results.collection import CollectionManifest
from prefdata.results.sentences import SentenceField
from prefdata.results.training import Estimate, Number

JudgeFault = Literal["chance", "position", "leans", "length", "unparsed", "against", "constant"]
"""What a judge is found to do. chance: its verdicts agree with each other, or with the labels, no
better than chance. position: the order decides most of its verdicts. leans: the order decides some.
length: it prefers longer, or shorter, completions beyond what the labels do. unparsed: much of what
it said could not be read. against: it says the opposite of the labels. constant: the same points
for nearly everything."""


class KappaEstimate(Closed):
    """Cohen's kappa of two answers on the same pairs: 1 is perfect agreement, 0 that of chance."""

    pairs: int = Field(ge=0)
    prompts: int = Field(ge=0)
    value: Number | None
    low: Number | None = Field(description="Lower end of the 95% interval, by prompt bootstrap.")
    high: Number | None = Field(description="Upper end.")
    absent: SentenceField | None = Field(default=None, description="Why a number is null.")


class VerdictCounts(Closed):
    """wanted = parsed + unparsed + sum(failed.values()) + sum(not_asked.values())."""

    wanted: int = Field(ge=0)
    parsed: int = Field(ge=0)
    unparsed: int = Field(ge=0, description="Answered, and not to be read even when asked again.")
    failed: dict[str, int] = Field(default_factory=dict, description="Reason to verdicts.")
    not_asked: dict[str, int] = Field(default_factory=dict, description="Reason to verdicts.")
    repaired: int = Field(
        default=0, ge=0, description="Of the parsed, those that were asked for twice."
    )
    graded: int = Field(default=0, ge=0, description="Of the parsed, those with a strength.")

    def balance(self) -> int:
        """Verdicts unaccounted for: 0, or something is wrong."""
        gone = sum(self.failed.values()) + sum(self.not_asked.values())
        return self.wanted - self.parsed - self.unparsed - gone


class OrderFigures(Closed):
    """What the order of showing does to verdicts; of pairs that were judged in both orders."""

    consistency: Estimate = Field(description="Pairs whose verdict is the same in both orders.")
    kappa: KappaEstimate = Field(description="Of the verdicts in the two orders.")
    first: Estimate = Field(
        description="Of the single verdicts that are no tie, those for the answer shown first; "
        "0.5: no bias."
    )
    turned: Estimate = Field(description="Pairs whose preference turned with the order.")


class LabelFigures(Closed):
    """The judge beside the labels that the sources hold, such as people's votes."""

    pairs: int = Field(ge=0, description="Judged pairs that have a label.")
    agreement: Estimate = Field(
        description="Pairs on which both say the same; half where one of the two is a tie."
    )
    decided: Estimate = Field(description="The same, of pairs that neither of them ties.")
    single: Estimate | None = Field(
        default=None,
        description="Of single verdicts, before two orders are put together; ties are half.",
    )
    kappa: KappaEstimate
    longer: Estimate = Field(description="Pairs whose label is for the longer completion.")


class JudgingSlice(Closed):
    """Figures by one criterion, on prompts of one language or all."""

    criterion: str
    language: str | None = Field(description="ISO 639-1; null: all languages together.")
    prompts: int = Field(ge=0)
    pairs: int = Field(ge=0, description="Pairs with a verdict as a whole.")
    ties: Estimate = Field(description="Of the pairs, those that are a tie for whatever reason.")
    longer: Estimate = Field(
        description="Of the pairs that are no tie, those for the longer completion; 0.5: no bias."
    )
    orders: OrderFigures | None = Field(default=None, description="Null for ratings.")
    labels: LabelFigures | None = Field(
        default=None, description="Null without labels in the sources."
    )
    same_points: Number | None = Field(
        default=None, description="Share of the most frequent points; ratings only."
    )
    faults: tuple[JudgeFault, ...] = ()
    says: tuple[SentenceField, ...] = ()


class JudgingReport(Closed):
    """All that was measured of one judge."""

    format: Literal["prefdata-judging/1"] = "prefdata-judging/1"
    judge: str = Field(description="The model.")
    kind: Literal["pairwise", "rating"]
    verdicts: VerdictCounts
    unparsed: Estimate = Field(description="Of the verdicts that were answered.")
    slices: tuple[JudgingSlice, ...] = Field(
        description="By criterion: all languages together, then each if there are several."
    )
    says: tuple[SentenceField, ...] = Field(default=(), description="What it comes to.")
    remarks: dict[str, SentenceField] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)

    @property
    def faults(self) -> tuple[JudgeFault, ...]:
        """Those of the first slice: of all prompts, as a whole."""
        return self.slices[0].faults if self.slices else ()


class JudgingReports(Closed):
    """The reports on all judges whose verdicts a dataset was built from."""

    format: Literal["prefdata-judgings/1"] = "prefdata-judgings/1"
    judges: tuple[JudgingReport, ...]


class JudgeResult(Charted):
    """What `prefdata judge` wrote: the manifest of its folder, and the report on the judge."""

    manifest: CollectionManifest
    report: JudgingReport
