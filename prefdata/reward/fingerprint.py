"""What makes a training this one: a checkpoint of another is not gone on from."""

from __future__ import annotations

import json

import numpy as np
import torch
import xxhash

from prefdata.config.reward import RewardConfig
from prefdata.reward.pairs import TokenPairs

_FORM = b"1"
"""Of checkpoints and of the loop: another one makes old checkpoints useless."""

_SAME_RESULT = {
    "backbone": {"name", "revision", "device", "packing", "gradient_checkpointing"},
    "optimiser": {"tokens"},
    "evaluation": {"bootstrap"},
}
"""Settings that change speed and memory, not what is computed; the name stands in the weights."""


def fingerprint_of(
    network: torch.nn.Module, train: TokenPairs, held_out: TokenPairs | None, config: RewardConfig
) -> str:
    """32 hexadecimal digits over settings, pairs and initial weights."""
    whole = xxhash.xxh3_128(_FORM)
    parts = ("backbone", "objective", "optimiser", "evaluation")
    settings = {
        part: getattr(config, part).model_dump(exclude=_SAME_RESULT.get(part)) for part in parts
    }
    whole.update(json.dumps(settings, sort_keys=True).encode())
    for pairs in (train, held_out):
        whole.update(_digest(pairs) if pairs is not None else b"none")
    for name, weight in network.named_parameters():
        whole.update(name.encode() + bytes([weight.requires_grad]))
        whole.update(weight.detach().cpu().contiguous().numpy().data)
    return whole.hexdigest()


def _digest(pairs: TokenPairs) -> bytes:
    digest = xxhash.xxh3_128()
    for name in ("ids", "starts", "shared", "chosen", "rejected", "margins"):
        digest.update(np.ascontiguousarray(getattr(pairs, name)).data)
    return digest.digest()
