"""The config section `reward`: model, training and evaluation, and the filter by rewards."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from prefdata.config.section import Ratio, Section, Toggle

Finite = Annotated[float, Field(allow_inf_nan=False)]


class LoraConfig(Section):
    """Low-rank adapters in place of all weights; merged into the weights when saved."""

    rank: int = Field(
        default=0, ge=0, description="Rank of low-rank adapters; 0: all weights are trained."
    )
    alpha: float = Field(default=32.0, gt=0, description="Scale of the adapters, times 1/rank.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Dropout before the adapters.")
    targets: tuple[str, ...] = Field(
        default=(),
        description="Names of the layers that get adapters; all linear layers when empty.",
    )


class BackboneConfig(Section):
    """The language model under the reward head."""

    name: str = Field(
        default="auto",
        description="Folder or name of a transformers model; frozen: a head on embeddings, which "
        "takes seconds on a CPU; auto: frozen without a GPU, Qwen/Qwen3-0.6B with one.",
    )
    revision: str | None = Field(
        default=None, description="Commit or tag on the Hub; the newest if absent."
    )
    device: str = Field(
        default="auto", description="Where models run: auto, cpu, cuda, cuda:1, mps."
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="What the forward pass computes in; auto: bfloat16 on a GPU, else "
        "float32. Weights are float32 throughout.",
    )  # fmt: skip
    packing: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="What both sides of a pair begin with runs once, and nothing is padded; auto: "
        "where the model gives the same rewards that way.",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="Computes activations twice, to hold fewer in memory."
    )
    lora: LoraConfig = Field(default_factory=LoraConfig)


HeadFeature = Literal[
    "completion", "turn-cosine", "prompt-cosine", "turn-product", "prompt-product"
]


class HeadConfig(Section):
    """A reward head on frozen embeddings (see `encoder`)."""

    kind: Literal["linear", "mlp"] = Field(
        default="linear", description="Form of a head on embeddings."
    )
    features: tuple[HeadFeature, ...] = Field(
        default=("completion", "turn-cosine"),
        min_length=1,
        description="What it looks at: the embedding of the completion; its cosine to that of the "
        "last turn or the whole prompt; its product with either, number by number.",
    )
    hidden: int = Field(default=32, ge=1, description="Units in the hidden layer of an mlp.")
    members: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Heads in the ensemble, each without another part of the groups; rewards are "
        "means.",
    )
    folds: int = Field(
        default=5, ge=0, le=50, description="Folds of cross-validation, by leakage group; 0: none."
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

    tokens: int = Field(default=1024, ge=2, description="Tokens of prompt + completion, at most.")
    beyond: Literal["drop", "truncate-prompt-left", "error"] = Field(
        default="drop",
        description="A longer pair: left out and counted; its prompt loses its beginning; or the "
        "run stops and names it.",
    )


class ObjectiveConfig(Section):
    """The Bradley-Terry loss: -log sigmoid(chosen reward - rejected reward - margin)."""

    margin: bool = Field(default=True, description="Subtract the margin of pairs that have one.")
    centring: float = Field(
        default=0.0,
        ge=0,
        description="Weight of (chosen + rejected reward) squared in the loss; 0.01 is usual.",
    )
    smoothing: float = Field(
        default=0.0, ge=0, lt=0.5, description="Share of labels taken to be the wrong way round."
    )


class OptimiserConfig(Section):
    """AdamW, its schedule and its batches."""

    epochs: float = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="Times each pair is seen."
    )
    pairs: int = Field(
        default=64, ge=1, description="Pairs in an optimisation step, over all processes."
    )
    tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens, padding included, that run through the model at a time; a step "
        "accumulates gradients over as many such batches as it needs. 16,384 on a GPU and 4,096 "
        "elsewhere when absent.",
    )
    learning_rate: float = Field(
        default=2e-5, gt=0, allow_inf_nan=False, description="Learning rate at its highest."
    )
    weight_decay: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="Of matrices alone."
    )
    schedule: Literal["cosine", "linear", "constant"] = Field(
        default="cosine", description="How the learning rate falls, to 0 at the end."
    )
    warmup: Ratio = Field(
        default=0.03, description="Share of steps in which the learning rate rises from 0."
    )
    clip: float = Field(
        default=1.0, ge=0, description="Gradients are scaled to this norm; 0: never."
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Seed of the head, the order and the dropout."
    )


class EvaluationConfig(Section):
    """When the model is measured on held-out pairs, and when that ends the training."""

    every: int = Field(
        default=0,
        ge=0,
        description="Steps between evaluations on held-out pairs; 0: at the end alone.",
    )
    patience: int = Field(
        default=0,
        ge=0,
        description="Evaluations without a lower loss before training stops; 0: never.",
    )
    bootstrap: int = Field(
        default=1000, ge=1, description="Resamples of groups behind an interval."
    )


class CheckpointConfig(Section):
    """What a killed run loses at most."""

    every: int = Field(
        default=200, ge=0, description="Steps between checkpoints; 0: none are kept."
    )
    tensorboard: bool = Field(default=False, description="Curves for TensorBoard besides JSONL.")


class RewardFilterConfig(Section):
    """Rows judged by a reward model that was trained before."""

    model: str | None = Field(
        default=None, description="Folder of the reward model (prefdata train)."
    )
    action: Toggle = Field(
        default="off", description="Rows that it speaks against: drop, flag, off."
    )
    below: Finite = Field(
        default=0.0,
        description="Reward margin (chosen - rejected reward) below which the model speaks against "
        "a row.",
    )
    agree: bool = Field(
        default=False,
        description="Judges only rows with a margin of their own, in its direction: with below 0 "
        "those go whose reward margin has the other sign.",
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
