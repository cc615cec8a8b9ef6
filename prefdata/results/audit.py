"""The models of report.json: the result of an audit, which the page of the report shows.

`row` is the number of a row in the run, as in the ledger; `rows` counts them. Probabilities lie
between 0 and 1; a reward margin is chosen - rejected reward as recorded, in natural-log odds. A
value that cannot be computed is null, with the reason. The JSON Schema that `prefdata schema
report` prints comes from these models.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import AliasChoices, Field

from prefdata.results.agreement import AgreementReport
from prefdata.results.changes import Changes
from prefdata.results.closed import Charted, Closed
from prefdata.results.judging import JudgingReport
from prefdata.results.manifest import (
    Counts,
    EncoderEntry,
    Fingerprint,
    Outcome,
)
from prefdata.results.sentences import SentenceField
from prefdata.results.training import Baseline, Calibration, Estimate, Number

LabelClass = Literal[
    "model-agrees", "ambiguous", "model-uncertain", "model-disagrees", "likely-flipped"
]
"""What models that have not seen the label make of it. model-agrees: they would have guessed it.
ambiguous: they are sure that both sides are about equal. model-uncertain: they disagree with each
other. model-disagrees: they would have guessed the opposite. likely-flipped: by the answers of
people, rows like this are more often wrong than not; there is none without answers."""

AlikeKind = Literal[
    "duplicate-pair",
    "near-duplicate",
    "semantic-duplicate",
    "label-conflict",
    "near-conflict",
    "preference-cycle",
]


class RowPlace(Closed):
    """Where a row stands."""

    row: int = Field(ge=0, description="Number in the run; as in the ledger.")
    source: str
    source_row: int = Field(description="Line or position in the source, from 1.")


class Text(Closed):
    """A text of a row, as a person reads it; messages of several turns are joined, roles named."""

    text: str
    characters: int = Field(ge=0, description="Of the whole text.")
    is_cut: bool = Field(default=False, description="The text goes on beyond what is shown.")


class Texts(Closed):
    """The texts of a row."""

    prompt: Text
    chosen: Text
    rejected: Text


class SourceFlow(Closed):
    """Where the rows of one source went."""

    name: str
    counts: Counts


class RowExample(Closed):
    """A row that an issue is about; texts are absent where the row could not be read as a pair."""

    place: RowPlace
    evidence: SentenceField = ""
    texts: Texts | None = None
    raw: Text | None = Field(default=None, description="Of a quarantined row: what stood there.")


class Issue(Closed):
    """A reason that verdicts gave."""

    code: str = Field(description="A rule code, or the reason of a quarantine.")
    verdict: Outcome
    rows: int = Field(ge=1)
    says: str = Field(description="What is wrong.")
    to_do: str = Field(description="What to do.")
    examples: tuple[RowExample, ...] = Field(description="The first ones.")


class AlikePair(Closed):
    """Two rows that are alike or contradict one another, side by side."""

    kind: AlikeKind
    verdict: Outcome = Field(description="On the first of them.")
    evidence: SentenceField
    left: RowExample
    right: RowExample


class Histogram(Closed):
    """Rows by value: `counts[i]` lie in [edges[i], edges[i+1]), the last one inclusive."""

    name: str
    edges: tuple[Number, ...]
    counts: tuple[int, ...]


class RowsOf(Closed):
    """Rows of one kind."""

    name: str
    rows: int = Field(ge=0)


class ViewResult(Closed):
    """One view by itself, or all of them together (`all`), or controls and content."""

    name: str
    is_content: bool
    accuracy: Estimate = Field(description="Held-out pairwise accuracy; ties are wrong.")
    weight: Number | None = Field(default=None, description="Its coefficient among all views.")
    added: Estimate | None = Field(
        default=None, description="Accuracy of all views less that of all the others."
    )


class WhatIf(Closed):
    """What would be so, at a share of wrong labels that nobody knows."""

    rate: Number = Field(description="If this share of all labels were wrong, by chance,")
    wrong: Number = Field(description="so many of the first rows would be, on average.")


class RowsRead(Closed):
    """Rows of one part of the ranking, and those of them that people read, drawn at random."""

    name: str = Field(description="first, others; all: single rows were not ranked.")
    rows: int = Field(ge=0)
    read: int = Field(ge=0, description="Read and settled: neither unsure nor even.")
    wrong: int = Field(ge=0, description="Of those read: the label is the wrong way round.")


class Share(Closed):
    """A share of rows, with an interval that holds the true one in nine of ten datasets."""

    value: Number
    low: Number
    high: Number


class MoreReading(Closed):
    """How much there would be to read for a narrower interval."""

    answers: int = Field(ge=1, description="In all, those that are there included.")
    width: Number = Field(description="Of the interval of the share of wrong labels.")


class AnswerClaims(Closed):
    """What people's answers say of all rows."""

    parts: tuple[RowsRead, ...]
    of_this_ranking: bool = Field(
        default=True,
        description="The rows were drawn from the ranking of this report; else from an earlier "
        "one, and say nothing of the first rows of this one.",
    )
    drawn_of: int = Field(
        default=0, ge=0, description="So many rows were ranked when these were drawn."
    )
    beyond: int = Field(default=0, ge=0, description="Rows read that were not drawn at random.")
    again: int = Field(default=0, ge=0, description="Rows called wrong that were read once more.")
    once: int = Field(default=0, ge=0, description="Rows called wrong that were read once.")
    reading_error: Number = Field(
        description="Share of single answers taken to be false; 0: answers are taken as they are."
    )
    rate: Share = Field(description="Wrong labels among all rows, however the errors arose.")
    wrong_at_top: tuple[int, int] = Field(
        description="At least and at most so many wrong labels among the first rows."
    )
    more: tuple[MoreReading, ...] = ()
    likely: int = Field(default=0, ge=0, description="Rows with a P(flip) above audit.likely.")
    may_drop: bool = Field(
        default=False,
        description="The unread of the first rows are wrong with the wanted precision.",
    )
    unread: int = Field(default=0, ge=0, description="Of the first rows.")


class Claims(Closed):
    """How many labels are wrong: without answers an order alone."""

    first: int = Field(ge=0, description="Rows at the top of the ranking that are looked at.")
    most: int = Field(ge=0, description="Without answers: so many of them may be wrong, or none.")
    what_if: tuple[WhatIf, ...]
    answers: AnswerClaims | None = None
    says: tuple[SentenceField, ...] = Field(description="The same in sentences.")


class Detection(Closed):
    """How well flips that were planted are found."""

    name: str = Field(description="all, a view, length-only, label-shuffled.")
    auroc: Number | None
    low: Number | None = Field(description="Lower end of the 95% interval, by groups.")
    high: Number | None
    average_precision: Number | None
    absent: SentenceField | None = Field(default=None, description="Why a number is null.")


class AtK(Closed):
    """Of the k rows that look most suspicious."""

    k: int = Field(ge=1)
    precision: Number = Field(description="Share of planted flips among them.")
    recall: Number = Field(description="Share of the planted flips that is among them.")


class Power(Closed):
    """What this audit can see in these data: flips planted in copies, and looked for."""

    flips: Number = Field(description="Share of labels that were turned.")
    copies: int
    planted: int = Field(ge=0, description="Flips in all copies together.")
    detections: tuple[Detection, ...] = Field(description="`all` first.")
    at_k: tuple[AtK, ...]
    theory: Number | None = Field(
        description="AUROC to expect of random flips by the held-out accuracy: "
        "Phi(sqrt(2) Phi^-1(accuracy)), for margins of normal distribution."
    )
    at_least: Number
    is_enough: bool = Field(description="The lower end of AUROC of `all` reaches at_least.")


class Shortcut(Closed):
    """What one control alone predicts: 0.5 is a coin."""

    name: str = Field(description="length, position, format, source, refusal, model, prompt-blind.")
    accuracy: Estimate
    says: SentenceField = Field(description="In which direction, in a sentence.")


class SliceResult(Closed):
    """Accuracy of all views together on a part of the rows."""

    name: str = Field(description="Such as `raw/a.jsonl, zh, much longer, 1 turn`.")
    by: dict[str, str] = Field(description="source, language, length, turns: value.")
    pairs: int = Field(ge=1)
    groups: int = Field(ge=1)
    accuracy: Number
    low: Number = Field(description="Interval that holds for all slices at once, 95%.")
    high: Number
    suspected: int = Field(
        ge=0, description="Rows in it that models disagree with; 0 where not judged."
    )
    stands_out: Literal["below", "above", "no"] = Field(
        description="The interval excludes the accuracy of the other rows."
    )


class SmallSlices(Closed):
    """Parts of the rows that are too small for an accuracy of their own."""

    least: int = Field(ge=1, description="Groups that a part needs.")
    slices: int = Field(ge=0, description="Parts with fewer.")
    pairs: int = Field(ge=0, description="Rows that lie in at least one of them.")


class Arm(Closed):
    """One way to train, measured on rows that nobody touched."""

    name: Literal["all", "without-flagged", "without-random"]
    rows: int = Field(ge=0, description="Trained on, mean of the seeds.")
    accuracy: Number
    loss: Number


class Ablation(Closed):
    """Whether leaving the flagged rows out helps."""

    repeats: int
    tested: int = Field(description="Untouched rows, of all seeds together.")
    flagged: int = Field(description="Rows left out, mean of the seeds.")
    arms: tuple[Arm, ...]
    gain: Estimate = Field(description="Accuracy without flagged less without as many at random.")
    says: SentenceField


class Suspect(Closed):
    """A row whose label models that have not seen it speak against."""

    place: RowPlace
    split: str
    language: str
    rank: int = Field(ge=1, description="1: they speak against no label more.")
    label: LabelClass
    p_label: Number = Field(description="Probability of this label, by models.")
    p_flip: Number | None = Field(
        default=None, description="By answers of people; null: there are none."
    )
    p_low: Number | None = Field(default=None, description="5% end of what is not known of p_flip.")
    p_high: Number | None = Field(default=None, description="95% end.")
    reward_margin: Number
    spread: Number = Field(description="Standard deviation of the margin over repeats.")
    views: dict[str, Number] = Field(description="View to reward margin.")
    margin: Number | None = Field(default=None, description="The margin that the data states.")
    reasons: tuple[str, ...] = Field(
        description="Codes: see the documentation of the audit. Those that hold for all rows shown "
        "are in shared_reasons."
    )
    fingerprint: str = Field(description="Of its content: names the row in a file of decisions.")
    texts: Texts


class LabelAuditResult(Closed):
    """What the models say of the labels."""

    pairs: int = Field(ge=0)
    groups: int = Field(ge=0)
    accuracy: Estimate
    baselines: tuple[Baseline, ...] = Field(
        validation_alias=AliasChoices("baselines", "nulls"),
        description="Constant, length only, label-shuffled.",
    )
    views: tuple[ViewResult, ...]
    calibration: Calibration
    margins: tuple[Histogram, ...] = Field(description="Reward margins: all, and by class.")
    power: Power
    is_judged: bool = Field(description="Whether single rows are judged.")
    why_not: SentenceField | None = None
    classes: dict[str, int] = Field(description="Class to rows; empty where not judged.")
    claims: Claims | None = Field(description="Null where single rows are not judged.")
    shared_reasons: tuple[str, ...] = Field(
        default=(), description="Reasons that hold for all suspects."
    )
    shortcuts: tuple[Shortcut, ...]
    slices: tuple[SliceResult, ...]
    small_slices: SmallSlices | None = Field(default=None, description="Parts not in `slices`.")
    ablation: Ablation | None = None
    suspects: tuple[Suspect, ...] = Field(description="By rank; none: not judged.")


class Reviewed(Closed):
    """What people decided."""

    file: str
    rows: int = Field(ge=0, description="Decisions read.")
    decisions: dict[str, int] = Field(description="keep, flip, drop, unsure: rows.")
    unmatched: int = Field(
        default=0, ge=0, description="Decisions about rows that are not in the data."
    )
    flip_rate: Share | None = Field(
        default=None,
        description="Wrong labels among all rows, however they arose; null: nothing was read.",
    )


class AuditReport(Charted):
    """The contract for machines: all that was found."""

    main_table: ClassVar[str] = "issues"
    in_brief: ClassVar[tuple[str, ...]] = ("title", "counts", "issues", "remarks")

    format: Literal["prefdata-audit/2"] = "prefdata-audit/2"
    title: str
    counts: Counts = Field(description="Of the data that was audited; kept: rows audited.")
    sources: tuple[SourceFlow, ...]
    issues: tuple[Issue, ...] = Field(description="Deterministic: drops, flags, quarantine.")
    alike: tuple[AlikePair, ...]
    alike_rows: dict[str, int] = Field(description="Kind to rows, of all, not those shown alone.")
    lengths: tuple[Histogram, ...] = Field(description="Characters: prompt, chosen, rejected.")
    languages: tuple[RowsOf, ...]
    agreement: AgreementReport | None = Field(
        default=None, description="Of judges. Null where no two of them judged the same."
    )
    judging: tuple[JudgingReport, ...] = Field(
        default=(), description="Of the language models whose verdicts the data were built from."
    )
    changes: Changes | None = Field(
        default=None, description="Since an earlier build. Null where none was named."
    )
    labels: LabelAuditResult | None = Field(description="Null where no model was trained.")
    reviewed: Reviewed | None = None
    encoder: EncoderEntry | None = Field(
        default=None, description="Null: no embeddings were looked at."
    )
    remarks: dict[str, SentenceField] = Field(default_factory=dict)
    versions: dict[str, str]
    config: dict[str, Any]
    fingerprint: Fingerprint


REASONS: dict[str, tuple[str, str]] = {
    "content-against": (
        "What the completions say speaks against the label when length, format and the like are "
        "taken out.",
        "回答的内容与标签相悖，即使排除长度、格式等因素也是如此。",
    ),
    "content-for": (
        "What the completions say speaks for the label when length, format and the like are taken "
        "out.",
        "排除长度、格式等因素后，回答的内容支持该标签。",
    ),
    "views-agree": (
        "All views speak against the label.",
        "所有视角都与标签相悖。",
    ),
    "views-disagree": (
        "Some views speak for the label, others against it.",
        "有的视角支持该标签，有的与之相悖。",
    ),
    "controls-for": (
        "Length, format and the like speak for the label: they are not what is held against it.",
        "长度、格式等因素支持该标签：质疑并非由它们引起。",
    ),
    "controls-against": (
        "Length, format and the like speak against the label too.",
        "长度、格式等因素也与标签相悖。",
    ),
    "steady": (
        "Models that were trained on other parts of the data say the same.",
        "在数据其他部分上训练的各模型结论一致。",
    ),
    "unsteady": (
        "Models that were trained on other parts of the data differ about it.",
        "在数据其他部分上训练的各模型结论不一。",
    ),
    "longer-rejected": (
        "The rejected completion is at least half as long again as the chosen one.",
        "劣选回答至少比优选回答长一半。",
    ),
    "longer-chosen": (
        "The chosen completion is at least half as long again as the rejected one.",
        "优选回答至少比劣选回答长一半。",
    ),
    "refusal-chosen": (
        "The chosen completion refuses, the rejected one does not.",
        "优选回答拒绝作答，劣选回答没有。",
    ),
    "refusal-rejected": (
        "The rejected completion refuses, the chosen one does not.",
        "劣选回答拒绝作答，优选回答没有。",
    ),
    "margin-against": (
        "The margin that the data states is negative: it prefers the rejected completion.",
        "数据自带的分差为负：它偏向劣选回答。",
    ),
    "margin-small": (
        "The margin that the data states is among the smallest fifth.",
        "数据自带的分差属于最小的五分之一。",
    ),
    "margin-large": (
        "The margin that the data states is among the largest fifth: whoever labelled was sure.",
        "数据自带的分差属于最大的五分之一：标注员很有把握。",
    ),
}
"""The codes of `Suspect.reasons`: what speaks for and against a label, as (English, Chinese)
sentence, in the order of display."""
