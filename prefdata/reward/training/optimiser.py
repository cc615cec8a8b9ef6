"""The optimiser: AdamW, gradients in one tensor, and the learning rate schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch

from prefdata.config.reward import OptimiserConfig
from prefdata.reward.backbone.hardware import has_fused_adam


def rate_of_step(step: int, steps: int, optimiser: OptimiserConfig) -> float:
    """The learning rate of a step (from 0), equal to transformers' schedules of the same names.

    It rises from 0 during warm-up, so the first step changes nothing, and would reach 0 one step
    after the last. A run of a single step has no warm-up.
    """
    warmup = math.ceil(steps * optimiser.warmup) if steps > 1 else 0
    if step < warmup:
        return optimiser.learning_rate * step / warmup
    done = (step - warmup) / max(1, steps - warmup)
    factor = {
        "cosine": 0.5 * (1.0 + math.cos(math.pi * done)),
        "linear": 1.0 - done,
        "constant": 1.0,
    }[optimiser.schedule]
    return optimiser.learning_rate * max(0.0, factor)


def adamw(weights: Iterable[torch.nn.Parameter], optimiser: OptimiserConfig) -> torch.optim.AdamW:
    """AdamW with weight decay on matrices (including embeddings), not on biases and norms."""
    weights = list(weights)
    groups = [
        {"params": [w for w in weights if w.ndim >= 2], "weight_decay": optimiser.weight_decay},
        {"params": [w for w in weights if w.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=optimiser.learning_rate,
        fused=has_fused_adam(weights[0].device),
    )


def set_rate(adam: torch.optim.AdamW, rate: float) -> None:
    """Sets the learning rate of all weights."""
    for group in adam.param_groups:
        group["lr"] = rate


class Gradients:
    """The gradients of all weights, as views into one tensor.

    Clearing, clipping and summing over processes is one call each, and a weight that a process did
    not use has a gradient of zeros.
    """

    def __init__(self, weights: Iterable[torch.nn.Parameter]) -> None:
        self._weights = list(weights)
        sizes = [weight.numel() for weight in self._weights]
        self.flat = torch.zeros(sum(sizes), device=self._weights[0].device)
        for weight, place in zip(self._weights, torch.split(self.flat, sizes), strict=True):
            weight.grad = place.view_as(weight)

    def clear(self) -> None:
        self.flat.zero_()

    def clip(self, limit: float) -> float:
        """Scales the gradients to a norm of at most `limit` (0: no limit); returns the norm before
        scaling."""
        norm = torch.linalg.vector_norm(self.flat)
        if limit:
            self.flat.mul_((limit / (norm + 1e-6)).clamp(max=1.0))
        return float(norm)

    def drop(self) -> None:
        """Frees the memory of the gradients."""
        for weight in self._weights:
            weight.grad = None
