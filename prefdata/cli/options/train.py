"""Options of the training of reward models, and what they make of a config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OF_BACKBONES = {
    "dtype": "backbone.dtype",
    "packing": "backbone.packing",
    "gradient_checkpointing": "backbone.gradient_checkpointing",
    "lora": "backbone.lora.rank",
    "max_length": "length.tokens",
    "beyond": "length.beyond",
    "epochs": "optimiser.epochs",
    "batch": "optimiser.pairs",
    "batch_tokens": "optimiser.tokens",
    "learning_rate": "optimiser.learning_rate",
    "warmup": "optimiser.warmup",
    "schedule": "optimiser.schedule",
    "evaluate_every": "evaluation.every",
    "patience": "evaluation.patience",
    "checkpoint_every": "checkpoint.every",
    "tensorboard": "checkpoint.tensorboard",
}
_OF_HEADS = {"head": "head.kind", "members": "head.members", "folds": "head.folds"}
_OF_BOTH = {
    "margin": "objective.margin",
    "centring": "objective.centring",
    "smoothing": "objective.smoothing",
    "seed": "optimiser.seed",
}


def model(command: Command) -> Command:
    """--model and what a backbone or a head is like."""
    for decorate in (
        click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps (auto)."),
        click.option(
            "--folds", type=click.IntRange(0), help="Folds of cross-validation of heads (5)."
        ),
        click.option("--members", type=click.IntRange(1), help="Heads in an ensemble (5)."),
        click.option(
            "--head", type=click.Choice(["linear", "mlp"]), help="Form of a head on embeddings."
        ),
        click.option(
            "--encoder", metavar="NAME",
            help="Whose embeddings a head looks at: multilingual, english, ngrams, or a "
            "sentence-transformers model by name or folder (multilingual).",
        ),
        click.option(
            "--lora", type=click.IntRange(0), metavar="RANK",
            help="Train low-rank adapters, merged when saved; 0: all weights (0).",
        ),
        click.option(
            "--gradient-checkpointing", is_flag=True, default=None,
            help="Less memory for more time.",
        ),
        click.option(
            "--packing", type=click.Choice(["auto", "on", "off"]),
            help="Run the shared prompt of a pair once, without padding (auto).",
        ),
        click.option(
            "--dtype", type=click.Choice(["auto", "float32", "bfloat16"]),
            help="What the forward pass computes in (auto: bfloat16 on a GPU).",
        ),
        click.option(
            "--model", metavar="NAME",
            help="A transformers model by name or folder; frozen: a head on embeddings; auto: "
            "frozen without a GPU (auto).",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def learning(command: Command) -> Command:
    """What is learnt, from which tokens, and for how long."""
    for decorate in (
        click.option("--seed", type=click.IntRange(0), help="Of head, order and dropout (0)."),
        click.option("--tensorboard", is_flag=True, default=None, help="Curves for TensorBoard."),
        click.option(
            "--checkpoint-every", type=click.IntRange(0), metavar="STEPS",
            help="What a killed run loses at most (200); 0: no checkpoints.",
        ),
        click.option(
            "--patience", type=click.IntRange(0), metavar="COUNT",
            help="Stop after so many evaluations without a lower loss; 0: never (0).",
        ),
        click.option(
            "--evaluate-every", type=click.IntRange(0), metavar="STEPS",
            help="Measure held-out pairs during training; 0: at the end alone (0).",
        ),
        click.option(
            "--schedule", type=click.Choice(["cosine", "linear", "constant"]),
            help="How the learning rate falls (cosine).",
        ),
        click.option(
            "--warmup", type=click.FloatRange(0, 1), help="Share of steps in which it rises (0.03)."
        ),
        click.option(
            "--learning-rate", type=click.FloatRange(0, min_open=True), help="The highest (2e-5)."
        ),
        click.option(
            "--batch-tokens", type=click.IntRange(1),
            help="Tokens that run through the model at a time (4096, on a GPU 16384).",
        ),
        click.option(
            "--batch", type=click.IntRange(1), help="Pairs in an optimisation step (64)."
        ),
        click.option(
            "--epochs", type=click.FloatRange(0, min_open=True), help="Times each pair is seen (1)."
        ),
        click.option(
            "--beyond", type=click.Choice(["drop", "truncate-prompt-left", "error"]),
            help="What becomes of longer pairs (drop).",
        ),
        click.option(
            "--max-length", type=click.IntRange(2), help="Tokens of prompt + completion (1024)."
        ),
        click.option(
            "--smoothing", type=click.FloatRange(0, 0.5, max_open=True),
            help="Share of labels taken to be the wrong way round (0).",
        ),
        click.option(
            "--centring", type=click.FloatRange(0),
            help="Weight of (chosen + rejected reward) squared (0).",
        ),
        click.option(
            "--margin/--no-margin", default=None, help="Subtract given margins in the loss (yes)."
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def trained(given: dict[str, Any]) -> dict[str, Any]:
    """What `model` and `learning` were given, as changes of a config."""
    names = {**_OF_BACKBONES, **_OF_HEADS, **_OF_BOTH}
    changes = {_key(key): given[option] for option, key in names.items()}
    return {
        "reward__backbone__name": given["model"],
        "reward__backbone__device": given["device"],
        "encoder__device": given["device"],
        "encoder__name": given["encoder"],
        **changes,
    }


def _key(dotted: str) -> str:
    return "reward__" + dotted.replace(".", "__")
