from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from small_models import small_model, some_pairs

from prefdata.reward.backbone.pairs import TokenPairs


@pytest.fixture
def tiny_model() -> Callable[..., Any]:
    """tiny_model(name, seed=0, **config): qwen3, llama, ... or bert, with random weights."""
    return small_model


@pytest.fixture
def random_pairs() -> Callable[..., TokenPairs]:
    """random_pairs(many, seed=0, longest=30): pairs that share beginnings of many lengths."""
    return some_pairs
