"""The differences between GPU and CPU: precision, batch size, device, communication, optimiser."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Dtype = Literal["auto", "float32", "bfloat16"]


def autocast(device: torch.device, dtype: Dtype) -> AbstractContextManager[object]:
    """The precision context of a forward pass: bfloat16 if requested, and by default on a GPU."""
    if dtype == "float32" or (dtype == "auto" and device.type != "cuda"):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def tokens_at_a_time(tokens: int | None, device: torch.device | str) -> int:
    """The tokens per batch: those of the config, else a default by device.

    A CPU is fastest while activations fit into its caches, a GPU with large batches.
    """
    return tokens or (16384 if torch.device(device).type == "cuda" else 4096)


def own_device(name: str) -> torch.device:
    """The device of this process; under torchrun its own GPU."""
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return torch.device(name)


def backend_of(device: torch.device) -> str:
    """The backend by which processes exchange gradients."""
    return "nccl" if device.type == "cuda" else "gloo"


def has_fused_adam(device: torch.device) -> bool:
    """Whether PyTorch has a fused AdamW on the device."""
    return device.type in ("cpu", "cuda")
