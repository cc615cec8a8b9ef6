"""What a config needs of the extras: asked for before anything is read."""

from __future__ import annotations

from prefdata.config.model import BuildConfig, CheckConfig
from prefdata.config.reward import RewardConfig
from prefdata.encoders.open import demand_encoder
from prefdata.extras import demand
from prefdata.results.layout import TRAINING_LOG


def demand_for_build(config: BuildConfig) -> None:
    """Raises MissingExtraError if a step that the config turns on needs an extra that is missing.

    A reward model says itself what it needs, see `open_scorer`.
    """
    demand_for_checks(config.check)
    if config.semantic.is_on:
        demand("meaning", "semantic filtering", "usearch")
        demand_encoder(config.encoder)
    if config.audit.run:
        demand_for_audit(config)


def demand_for_checks(config: CheckConfig) -> None:
    """Raises MissingExtraError if a tokenizer is to be loaded, and its libraries are missing."""
    if config.tokenizer is not None:
        demand("train", "check.tokenizer (--tokenizer)", "transformers", "jinja2")


def demand_for_audit(config: BuildConfig) -> None:
    """Raises MissingExtraError if what the audit needs is not installed."""
    demand("train", "the audit of labels", "torch")
    if "embeddings" in config.audit.views:
        demand_encoder(config.encoder)
    if "backbone" in config.audit.views:
        _demand_for_backbone(config.reward)


def demand_for_training(config: BuildConfig, *, frozen: bool) -> None:
    """Raises MissingExtraError if what the training needs is not installed.

    `frozen`: a head on embeddings is trained, no language model.
    """
    if frozen:
        demand_encoder(config.encoder)
    else:
        _demand_for_backbone(config.reward)


def _demand_for_backbone(reward: RewardConfig) -> None:
    name = f"reward.backbone.name: {reward.backbone.name}"
    demand("train", name, "torch", "transformers", "safetensors")
    if reward.backbone.lora.rank:
        task = f"reward.backbone.lora.rank: {reward.backbone.lora.rank}"
        demand("lora", task, otherwise="or set it to 0 to train all weights")
    if reward.checkpoint.tensorboard:
        demand(
            "tensorboard",
            "reward.checkpoint.tensorboard",
            otherwise=f"or leave it off: the curves are in {TRAINING_LOG} either way",
        )
