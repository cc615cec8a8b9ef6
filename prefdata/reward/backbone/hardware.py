"""The few lines in which a GPU differs from a CPU."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Dtype = Literal["auto", "float32", "bfloat16"]


def autocast(device: torch.device, dtype: Dtype) -> AbstractContextManager[object]:
    """What a forward pass runs in: bfloat16 where that was asked for, or on a GPU by default."""
    if dtype == "float32" or (dtype == "auto" and device.type != "cuda"):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def tokens_at_a_time(tokens: int | None, device: torch.device | str) -> int:
    """What runs through the model at a time, where the config does not say.

    A CPU is fastest while activations fit into its caches, a GPU when there is enough to share out.
    """
    return tokens or (16384 if torch.device(device).type == "cuda" else 4096)


def own_device(name: str) -> torch.device:
    """The device of this process; under torchrun the GPU that is its own."""
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return torch.device(name)


def backend_of(device: torch.device) -> str:
    """What processes exchange gradients through."""
    return "nccl" if device.type == "cuda" else "gloo"


def has_fused_adam(device: torch.device) -> bool:
    """Whether PyTorch updates all weights in one kernel there."""
    return device.type in ("cpu", "cuda")
