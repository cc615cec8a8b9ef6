"""The config section `reward`: model, training and evaluation, and the filter by rewards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from prefdata.config.section import Ratio, Section, Toggle

Finite = Annotated[float, Field(allow_inf_nan=False)]


class LoraConfig(Section):
    """Low-rank adapters in place of all weights; merged into the weights when saved."""

    rank: int = Field(
        default=0, ge=0, description="Rank of low-rank adapters (LoRA); 0: all weights are trained."
    )
    alpha: float = Field(default=32.0, gt=0, description="Scale of the adapters, times 1/rank.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout before the adapters.")
    targets: tuple[str, ...] = Field(
        default=(),
        description="Names of the layers that get adapters; if empty, all linear layers.",
    )


class BackboneConfig(Section):
    """The language model under the reward head."""

    name: str = Field(
        default="auto",
        description="Folder or name of a transformers model; frozen: a head on frozen "
        "embeddings, which takes seconds on a CPU; auto: frozen without a GPU, "
        "Qwen/Qwen3-0.6B with one.",
    )
    revision: str | None = Field(
        default=None, description="Commit or tag on the Hub; the newest if absent."
    )
    device: str = Field(
        default="auto", description="Where models run: auto, cpu, cuda, cuda:1, mps."
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="Number type of the forward pass; auto: bfloat16 on a GPU, otherwise "
        "float32. Weights are always float32.",
    )  # fmt: skip
    packing: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Compute the shared beginning of both sides of a pair once, without "
        "padding; auto: if the model gives the same rewards that way.",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="Compute activations twice, to save memory."
    )
    lora: LoraConfig = Field(default_factory=LoraConfig)


HeadFeature = Literal[
    "completion", "turn-cosine", "prompt-cosine", "turn-product", "prompt-product"
]


class HeadConfig(Section):
    """A reward head on frozen embeddings (see `encoder`)."""

    kind: Literal["linear", "mlp"] = Field(
        default="linear", description="Kind of the head on embeddings."
    )
    features: tuple[HeadFeature, ...] = Field(
        default=("completion", "turn-cosine"),
        min_length=1,
        description="What the head looks at: the embedding of the completion; its cosine "
        "similarity to the last turn or to the whole prompt; its element-wise "
        "product with either.",
    )
    hidden: int = Field(default=32, ge=1, description="Units in the hidden layer of an mlp.")
    members: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Number of heads in the ensemble, each trained without a different part of "
        "the groups; rewards are their means.",
    )
    folds: int = Field(
        default=5,
        ge=0,
        le=50,
        description="Number of folds of cross-validation, by leakage group; 0: none.",
    )
    penalty: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Weight of the squared norm; if absent, found by cross-validation for a "
        "linear head, 0.1 (as weight decay) for an mlp.",
    )

    @model_validator(mode="after")
    def _can_be_validated(self) -> HeadConfig:
        if self.folds == 1:
            raise ValueError("folds: 1 leaves nothing to train on; write 0 (none), or 2 and more")
        if self.folds == 0 and self.penalty is None and self.kind == "linear":
            raise ValueError("folds: 0 finds no penalty; give head.penalty, or at least 2 folds")
        if len(set(self.features)) < len(self.features):
            raise ValueError("features: each is named once")
        if self.kind == "mlp" and self.members == 1:
            raise ValueError("members: 1 leaves an mlp nothing to stop by; write 2 or more")
        return self


class LengthConfig(Section):
    """What becomes of pairs with more tokens than the model is trained on."""

    tokens: int = Field(
        default=1024, ge=2, description="Maximum number of tokens of prompt + completion."
    )
    beyond: Literal["drop", "truncate-prompt-left", "error"] = Field(
        default="drop",
        description="What to do with a longer pair: drop (leave it out and count it), "
        "truncate-prompt-left (cut the beginning of its prompt), or error (stop and "
        "name it).",
    )


class ObjectiveConfig(Section):
    """The Bradley-Terry loss: -log sigmoid(chosen reward - rejected reward - margin)."""

    margin: bool = Field(
        default=True, description="Subtract the margin in the loss, for pairs that have one."
    )
    centring: float = Field(
        default=0.0,
        ge=0,
        description="Weight of (chosen + rejected reward) squared in the loss; 0.01 is usual.",
    )
    smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=0.5,
        description="Label smoothing: share of labels that are assumed to be wrong.",
    )


class OptimiserConfig(Section):
    """AdamW, its schedule and its batches."""

    epochs: float = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="Number of passes over the data."
    )
    pairs: int = Field(
        default=64, ge=1, description="Number of pairs in an optimisation step, over all processes."
    )
    tokens: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of tokens, padding included, that run through the model at "
        "a time; a step accumulates gradients over as many such batches as it "
        "needs. If absent, 16,384 on a GPU and 4,096 elsewhere.",
    )
    learning_rate: float = Field(
        default=2e-5, gt=0, allow_inf_nan=False, description="Highest learning rate."
    )
    weight_decay: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="Weight decay, of matrices only."
    )
    schedule: Literal["cosine", "linear", "constant"] = Field(
        default="cosine", description="How the learning rate falls to 0 at the end."
    )
    warmup: Ratio = Field(
        default=0.03, description="Share of steps in which the learning rate rises from 0."
    )
    clip: float = Field(
        default=1.0,
        ge=0,
        description="Maximum norm of the gradients; larger ones are scaled down. 0: no limit.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Seed of the head, the order and the dropout."
    )


class EvaluationConfig(Section):
    """When the model is measured on held-out pairs, and when that ends the training."""

    every: int = Field(
        default=0,
        ge=0,
        description="Steps between evaluations on held-out pairs; 0: only at the end.",
    )
    patience: int = Field(
        default=0,
        ge=0,
        description="Training stops after this many evaluations without a lower loss; 0: never.",
    )
    bootstrap: int = Field(
        default=1000, ge=1, description="Number of bootstrap resamples of groups for an interval."
    )


class CheckpointConfig(Section):
    """What a killed run loses at most."""

    every: int = Field(
        default=200, ge=0, description="Steps between checkpoints; 0: none are kept."
    )
    tensorboard: bool = Field(default=False, description="Also write curves for TensorBoard.")


class RewardFilterConfig(Section):
    """Rows judged by a reward model that was trained before."""

    model: str | None = Field(
        default=None, description="Folder of the reward model (prefdata train)."
    )
    action: Toggle = Field(
        default="off",
        description="What to do with rows that the reward model contradicts: drop, flag, off.",
    )
    below: Finite = Field(
        default=0.0,
        description="The model contradicts a row if its reward margin (chosen - rejected "
        "reward) is below this.",
    )
    agree: bool = Field(
        default=False,
        description="Judge only rows that have a margin, and compare directions: with below 0, "
        "rows whose reward margin has the opposite sign of their margin are found.",
    )


class RewardConfig(Section):
    """The reward model that tests the dataset."""

    backbone: BackboneConfig = Field(default_factory=BackboneConfig)
    head: HeadConfig = Field(default_factory=HeadConfig)
    length: LengthConfig = Field(default_factory=LengthConfig)
    objective: ObjectiveConfig = Field(default_factory=ObjectiveConfig)
    optimiser: OptimiserConfig = Field(default_factory=OptimiserConfig)
    evaluation: EvaluationConfig = Field(default_factory=EvaluationConfig)
    checkpoint: CheckpointConfig = Field(default_factory=CheckpointConfig)
    filter: RewardFilterConfig = Field(default_factory=RewardFilterConfig)

    @model_validator(mode="after")
    def _stops_by_what_it_measures(self) -> RewardConfig:
        if self.evaluation.patience and not self.evaluation.every:
            raise ValueError("evaluation.patience needs evaluation.every: how often it is measured")
        if self.filter.action != "off" and self.filter.model is None:
            raise ValueError("filter.action is on, but filter.model names no reward model")
        return self
