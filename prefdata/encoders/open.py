"""Opens the encoder that a config names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefdata.config.semantic import EncoderConfig
    from prefdata.encoders.encoder import Encoder


def open_encoder(config: EncoderConfig) -> Encoder:
    """Opens the encoder that the config names, ready to embed.

    Raises ModelError if it cannot be had as asked (no such model, no network, a prompt or window
    that does not fit), MissingExtraError if a library for it is not installed.
    """
    if config.name == "multilingual":
        from prefdata.encoders.multilingual import open_multilingual

        return open_multilingual(config)
    if config.name == "ngrams":
        from prefdata.encoders.ngrams import open_ngrams

        return open_ngrams(config)
    from prefdata.encoders.transformer import open_transformer

    return open_transformer(config)
