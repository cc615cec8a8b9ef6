"""Small models with random weights, and pairs of random tokens, for the tests of rewards."""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.reward.backbone.pairs import TokenPairs, token_pairs

VOCABULARY = 97
PAD = 0


def small_model(name: str, seed: int = 0, **settings: Any) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    head_dim = {} if name in ("bert", "modernbert") else {"num_key_value_heads": 2}
    config = AutoConfig.for_model(
        name,
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        num_labels=1,
        pad_token_id=PAD,
        **{**head_dim, **settings},
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModelForSequenceClassification.from_config(config)
        for weight in model.parameters():  # of a size that lets rewards differ
            torch.nn.init.normal_(weight, std=0.15 if weight.ndim > 1 else 0.05)
            if weight.ndim == 1:
                weight.data += 1
    return model.eval()


def some_pairs(many: int, seed: int = 0, longest: int = 30) -> TokenPairs:
    draw = np.random.default_rng(seed)

    def tokens(least: int) -> list[int]:
        return draw.integers(1, VOCABULARY, draw.integers(least, longest + 1)).tolist()  # type: ignore[no-any-return]

    beginnings = [tokens(0) for _ in range(many)]
    sides = [(start + tokens(1), start + tokens(1)) for start in beginnings]
    margins = [None if draw.random() < 0.3 else float(draw.normal()) for _ in range(many)]
    return token_pairs(sides, margins=margins)
