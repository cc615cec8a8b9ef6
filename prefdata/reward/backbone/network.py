"""The reward network: a language model with a scalar head, from a batch to rewards."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prefdata.config.reward import BackboneConfig
from prefdata.errors import ModelError
from prefdata.records.arrays import Ints
from prefdata.reward.backbone.attention import pairs_layout, use_pairs_attention
from prefdata.reward.backbone.batch import PairBatch, packed_batch, padded_batch
from prefdata.reward.backbone.fast_linear import use_fast_linear
from prefdata.reward.backbone.packing_check import (
    trial,
    trial_pairs,
    why_not_by_design,
    why_not_by_trial,
)
from prefdata.reward.backbone.pairs import TokenPairs


class RewardNetwork(torch.nn.Module):
    """A reward model. `model`: of transformers, for sequence classification with one label,
    possibly with adapters of peft.

    `is_packed`: whether batches store the common prefix of a pair once; `why_plain`: why not.
    """

    def __init__(self, model: Any, pad_id: int) -> None:
        super().__init__()
        self.model = model
        self.pad_id = pad_id
        self.is_packed = False
        self.why_plain: str | None = None

    def collate(self, pairs: TokenPairs, numbers: Ints) -> PairBatch:
        """A batch of some pairs, packed or padded as this network needs it."""
        if self.is_packed:
            return packed_batch(pairs, numbers)
        return padded_batch(pairs, numbers, pad_id=self.pad_id)

    def forward(self, batch: PairBatch) -> torch.Tensor:
        """The rewards of chosen and rejected, float32 (n, 2)."""
        if has_score_head(self.model):
            states = self.last_states(batch)
            with torch.autocast(states.device.type, enabled=False):
                rewards = bare_model(self.model).score(states.float())
        else:
            rewards = self.model(input_ids=batch.ids, attention_mask=batch.mask).logits
        return rewards.float().reshape(2, -1).T  # type: ignore[no-any-return]

    def last_states(self, batch: PairBatch) -> torch.Tensor:
        """The hidden states of the last token of each side, chosen first: (2n, width).

        transformers uses the last token that is not padding by its id, which is one too early if
        the padding token is also the end token.
        """
        bare = bare_model(self.model)
        decoder = getattr(bare, bare.base_model_prefix)
        inputs = _packed_inputs(batch) if batch.mask is None else {"attention_mask": batch.mask}
        states = decoder(input_ids=batch.ids, use_cache=False, **inputs).last_hidden_state
        return states.flatten(0, 1).index_select(0, batch.ends)  # type: ignore[no-any-return]


def reward_network(
    model: Any, tokenizer_pad_id: int, config: BackboneConfig, max_tokens: int
) -> RewardNetwork:
    """The network of a model; packed if `config` allows it and rewards do not change by it.

    `max_tokens`: the longest side that it will process. Raises ModelError if packing is "on" but
    not possible.
    """
    network = RewardNetwork(model, tokenizer_pad_id)
    use_fast_linear(model)
    if config.packing == "off":
        network.why_plain = "packing is off"
        return network
    network.why_plain = _pack(network, max_tokens)
    if config.packing == "on" and network.why_plain is not None:
        raise ModelError(
            f"pairs cannot be packed for this model: {network.why_plain}. "
            "Set backbone.packing to auto or off"
        )
    return network


def without_dropout(model: torch.nn.Module) -> int:
    """Sets the dropout layers of a model to 0, as TRL's RewardTrainer does; returns how many were
    not 0."""
    layers = [
        module
        for module in model.modules()
        if isinstance(module, torch.nn.Dropout) and module.p > 0
    ]
    for module in layers:
        module.p = 0.0
    return len(layers)


def bare_model(model: Any) -> Any:
    """The model of transformers inside a model of peft."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def has_score_head(model: Any) -> bool:
    """Whether it is a decoder with a head `score` on one token, as transformers builds them."""
    return hasattr(bare_model(model), "score")


def _pack(network: RewardNetwork, max_tokens: int) -> str | None:
    """Switches the network to packed batches if rewards do not change; else returns the reason."""
    bare = bare_model(network.model)
    why = why_not_by_design(bare, max_tokens)
    if why is not None:
        return why
    before = bare.config._attn_implementation
    pairs = trial_pairs(bare.get_input_embeddings().num_embeddings)
    numbers = np.arange(len(pairs))
    expected = trial(network, padded_batch(pairs, numbers, pad_id=network.pad_id))
    use_pairs_attention(bare)
    why = why_not_by_trial(network, packed_batch(pairs, numbers), expected)
    network.is_packed = why is None
    if why is not None:
        bare.set_attn_implementation(before)
    return why


def _packed_inputs(batch: PairBatch) -> dict[str, Any]:
    assert batch.parts is not None
    # a mask with four dimensions is passed through, so that none is built; it is not used
    unread = batch.ids.new_zeros(1, 1, 1, 1, dtype=torch.bool)
    layout = pairs_layout(batch.parts, batch.ids.device)
    return {"attention_mask": unread, "position_ids": batch.positions, "pairs": layout}
