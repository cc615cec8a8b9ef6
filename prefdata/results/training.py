"""The models of metrics.json, which `prefdata train` writes into the folder of a reward model.

Accuracy is pairwise throughout: the share of pairs whose chosen completion gets the higher reward.
A tie counts as wrong for the model, as in TRL's RewardTrainer, and as half right for a baseline.
Numbers are rounded to six decimals; a value that cannot be computed is null, with the reason.
The JSON Schema that `prefdata schema metrics` prints comes from these models.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AliasChoices, Field

from prefdata.results.closed import Charted, Closed
from prefdata.results.manifest import (
    Fingerprint,
    RowCounts,
)
from prefdata.results.sentences import SentenceField

DECIMALS = 6

SMALL = 30
"""Leakage groups below which a number is too uncertain to be compared."""

Number = Annotated[
    float, Field(allow_inf_nan=False), AfterValidator(lambda value: round(value, DECIMALS))
]


class Estimate(Closed):
    """A mean over pairs, and the interval that holds the true one in 95 of 100 datasets."""

    pairs: int = Field(ge=0)
    groups: int = Field(ge=0, description="Leakage groups that the pairs belong to.")
    value: Number | None = Field(description="Null: there are no pairs.")
    low: Number | None = Field(description="Lower end of the 95% interval, by group bootstrap.")
    high: Number | None = Field(description="Upper end.")
    absent: SentenceField | None = Field(default=None, description="Why a number is null.")


class Slice(Estimate):
    """Accuracy on the pairs of one source or language."""

    name: str
    is_small: bool = Field(description=f"Fewer than {SMALL} groups: too few to compare.")


class Baseline(Estimate):
    """Accuracy of what knows nothing of quality; ties count half."""

    loss: Number | None = Field(description="Mean of -log sigmoid(reward_margin).")
    made: SentenceField = Field(description="How, in a sentence.")


class Baselines(Closed):
    """What the model has to beat."""

    constant: Baseline = Field(description="One reward for all: every pair is a tie.")
    length_only: Baseline = Field(description="Nothing but the lengths, in characters.")
    label_shuffled: Baseline = Field(
        description="The same with labels that mean nothing; low and high of flipped labels are "
        "the range of 95% of the flips."
    )


class Bin(Closed):
    """The pairs that the model is about equally sure of."""

    low: Number = Field(description="Confidence from here, inclusive.")
    high: Number = Field(description="To here, exclusive but for 1.")
    pairs: int = Field(ge=1)
    confidence: Number = Field(description="Mean confidence of its pairs.")
    accuracy: Number = Field(description="Share that is right; a tie counts half.")


class Calibration(Closed):
    """Whether the model is as often right as it is sure: max(p, 1 - p), p = sigmoid(reward_margin).

    Each pair taken both ways round with p against its label gives the same numbers.
    """

    ece: Number | None = Field(
        description="Expected calibration error: mean distance of confidence and accuracy, by bin."
    )
    ece_by_chance: Number | None = Field(
        description="What a perfectly calibrated model would show on as many independent pairs."
    )
    brier: Number | None = Field(description="Mean of (1 - p) squared; 0.25: a coin.")
    confidence: Number | None = Field(description="Mean confidence; above accuracy: overconfident.")
    bins: tuple[Bin, ...] = Field(
        description="Ten bins of equal width from 0.5 to 1, without the empty ones."
    )
    absent: SentenceField | None = Field(default=None, description="Why a number is null.")


class Correlation(Closed):
    """How two quantities go together, from -1 to 1."""

    pearson: Number | None
    spearman: Number | None
    points: int = Field(ge=0, description="Pairs or completions that have both.")
    absent: SentenceField | None = Field(default=None, description="Why a number is null.")


class LengthMetrics(Closed):
    """What length has to do with the rewards; lengths are characters of the completions."""

    reward: Correlation = Field(description="Reward and length, over all completions.")
    reward_margin: Correlation = Field(
        description="Reward margin and difference in length, each pair taken both ways round."
    )
    matched: Estimate = Field(
        description="Accuracy where the shorter completion has 90% of the longer one's length."
    )
    chosen_longer: Estimate = Field(description="Accuracy where the chosen one is longer.")
    rejected_longer: Estimate = Field(description="Accuracy where the rejected one is longer.")


class Metrics(Closed):
    """A reward model on pairs that it was not trained on."""

    pairs: int = Field(ge=0)
    groups: int = Field(ge=0)
    ties: int = Field(ge=0, description="Pairs of equal rewards, counted as wrong.")
    accuracy: Estimate
    over_length_only: Estimate = Field(
        description="Accuracy above that of the null of the same name, pair by pair; ties count "
        "half in both."
    )
    loss: Number | None = Field(description="Mean of -log sigmoid(reward_margin); 0.693: a coin.")
    loss_with_margin: Number | None = Field(
        description="The same after the margin that a pair was given is subtracted."
    )
    reward_margin: Number | None = Field(description="Mean reward margin.")
    calibration: Calibration
    length: LengthMetrics
    given_margin: Correlation = Field(
        description="Reward margin and the margin given by the data, where there is one."
    )
    baselines: Baselines = Field(validation_alias=AliasChoices("baselines", "nulls"))
    sources: tuple[Slice, ...] = Field(description="Most pairs first.")
    languages: tuple[Slice, ...] = Field(description="Most pairs first.")
    absent: dict[str, SentenceField] = Field(
        default_factory=dict, description="Field of this object that is null: why."
    )


class TrainingCounts(Closed):
    """Where the rows went: read = trained + validation + held_out + quarantined + dropped."""

    read: int = Field(ge=0)
    trained: int = Field(ge=0, description="Rows the weights were trained on.")
    validation: int = Field(default=0, ge=0, description="Rows that decided when to stop.")
    held_out: int = Field(ge=0, description="Rows the model never saw, and was measured on.")
    quarantined: int = Field(default=0, ge=0)
    dropped: dict[str, int] = Field(default_factory=dict, description="Reason to rows.")
    rows: RowCounts | None = Field(
        default=None,
        description="Where rows are judgements; `read` counts the pairs made of them, and every "
        "row that makes none.",
    )

    def balance(self) -> int:
        """Rows unaccounted for: 0, or something is wrong."""
        used = self.trained + self.validation + self.held_out
        return self.read - used - self.quarantined - sum(self.dropped.values())


class TrainedModel(Closed):
    """What was trained: a backbone with a scalar head, or a head on an encoder."""

    name: str = Field(description="The backbone or the encoder, as it was asked for.")
    fingerprint: Fingerprint | None = Field(
        default=None, description="Of its weights before training."
    )
    parameters: int | None = Field(default=None, ge=0, description="Numbers in the model.")
    trained_parameters: int | None = Field(
        default=None, ge=0, description="Those that training changed."
    )


class Course(Closed):
    """How the training went; null is what the kind of model has not."""

    steps: int | None = Field(default=None, ge=0, description="Optimisation steps.")
    epochs: Number | None = Field(default=None, ge=0, description="Times each pair was seen.")
    seconds: Number | None = Field(
        default=None, ge=0, description="Of training, evaluations included."
    )
    pairs_per_second: Number | None = Field(default=None, ge=0)
    final_loss: Number | None = Field(default=None, description="Training loss at the end.")
    stopped_early: bool = Field(default=False, description="The held-out loss fell no more.")
    resumed_at: int | None = Field(
        default=None, ge=0, description="Step of the checkpoint it began with."
    )
    processes: int = Field(default=1, ge=1)
    device: str | None = None
    dtype: str | None = Field(default=None, description="What the forward pass computed in.")
    packed: bool | None = Field(default=None, description="Whether a shared prompt ran once.")
    why_plain: str | None = Field(default=None, description="Why it did not, where it was to.")
    members: int | None = Field(default=None, ge=1, description="Heads in the ensemble.")
    folds: int | None = Field(default=None, ge=0, description="Folds of cross-validation.")
    penalty: Number | None = Field(
        default=None, description="Weight of the squared norm of a head."
    )


class TrainingResult(Charted):
    """The contract for machines: what a model folder holds, and how good the model is."""

    in_brief: ClassVar[tuple[str, ...]] = ("kind", "model", "data")

    format: Literal["prefdata-reward/1"] = "prefdata-reward/1"
    kind: Literal["backbone", "head"]
    model: TrainedModel
    data: TrainingCounts
    training: Course
    held_out: Metrics | None = Field(description="Null where no pairs were held out.")
    cross_validated: Metrics | None = Field(
        default=None, description="Of heads: every pair judged by heads that saw none of its group."
    )
    remarks: dict[str, str] = Field(default_factory=dict, description="Code to sentence.")
    versions: dict[str, str]
    config: dict[str, Any]
    fingerprint: Fingerprint = Field(description="Of data, config and code version.")
    files: tuple[str, ...] = Field(
        default=(),
        description="The files of the folder besides this one: what --force may replace.",
    )
