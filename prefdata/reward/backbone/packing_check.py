"""Checking whether a model gives the same rewards for packed pairs as for padded ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from prefdata.errors import ModelError
from prefdata.models.quiet import cause_of
from prefdata.reward.backbone.batch import PairBatch
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs

TOLERANCE = 1e-4
_ATTENTION = frozenset({"full_attention", "sliding_attention"})


def why_not_by_design(bare: Any, max_tokens: int) -> str | None:
    """The reason in a model's config or layers against packing; None if there is none."""
    config = bare.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ())
    window = getattr(config, "sliding_window", None)
    is_windowed = "sliding_attention" in kinds or not kinds
    if not hasattr(bare, "score"):
        return "it is not a decoder with a score head"
    if not getattr(config, "is_causal", True) or any(_looks_ahead(part) for part in bare.modules()):
        return "its attention looks ahead"
    if kinds - _ATTENTION:
        return f"it has layers of another kind: {', '.join(sorted(kinds - _ATTENTION))}"
    if window is not None and is_windowed and window < max_tokens:
        return f"its attention sees {window} tokens, and a side may have {max_tokens}"
    if not bare._supports_attention_backend:
        return "transformers lets nobody else compute its attention"
    return None


def _looks_ahead(part: torch.nn.Module) -> bool:
    return getattr(part, "is_causal", None) is False


def why_not_by_trial(network: Any, packed: PairBatch, expected: torch.Tensor) -> str | None:
    """The difference of the last states of a packed batch to the expected ones of a padded batch,
    as a reason against packing; None if they agree."""
    try:
        packed_states = trial(network, packed)
    except (ModelError, TypeError, ValueError, RuntimeError, KeyError, IndexError) as error:
        return f"it does not run that way: {cause_of(error)}"
    off = float((packed_states - expected).norm() / (expected - expected.mean(0)).norm())
    return None if off <= TOLERANCE else f"it gives other rewards that way: {off:.2g} off"


def trial(network: Any, batch: PairBatch) -> torch.Tensor:
    """The last states of a batch, in float32; the model is not changed."""
    device = next(network.parameters()).device
    with _as_when_scoring(network, device):
        states: torch.Tensor = network.last_states(batch.to(device))
    return states.float()


@contextmanager
def _as_when_scoring(network: torch.nn.Module, device: torch.device) -> Iterator[None]:
    """A context without gradients and dropout, in full precision; restores the mode at the end."""
    was_training = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            yield
    finally:
        for module, training in was_training:
            module.training = training


def trial_pairs(vocabulary: int) -> TokenPairs:
    """Random pairs of several lengths with a fixed seed; some have no common prefix."""
    draw = np.random.default_rng(0)
    lengths = [(0, 3, 1), (1, 1, 4), (7, 2, 9), (13, 11, 5), (30, 1, 1), (18, 9, 16)]
    parts = [[draw.integers(0, vocabulary, many).tolist() for many in each] for each in lengths]
    return token_pairs([(shared + one, shared + other) for shared, one, other in parts])
