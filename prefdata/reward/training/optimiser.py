"""AdamW, the gradients that it reads, and the learning rate of each step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch

from prefdata.config.reward import OptimiserConfig
from prefdata.reward.backbone.hardware import has_fused_adam


def rate_of_step(step: int, steps: int, optimiser: OptimiserConfig) -> float:
    """The learning rate of a step counted from 0; as transformers' schedules of these names.

    It rises from 0 over the warm-up, so the first step of one changes nothing, and would reach 0
    one step after the last. A single step has none.
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
    """AdamW; weight decay goes to matrices (embeddings too), not to biases and norms."""
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
    """Gives all weights this learning rate."""
    for group in adam.param_groups:
        group["lr"] = rate


class Gradients:
    """The gradients of all weights, each a view into one tensor.

    So to clear them, to measure and clip them, or to add up those of several processes is one
    call; and a weight that a process did not use has a gradient of zeros there as well.
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
        """Scales the gradients to a norm of at most `limit` (0: any); gives the norm before."""
        norm = torch.linalg.vector_norm(self.flat)
        if limit:
            self.flat.mul_((limit / (norm + 1e-6)).clamp(max=1.0))
        return float(norm)

    def drop(self) -> None:
        """Gives the memory back."""
        for weight in self._weights:
            weight.grad = None
