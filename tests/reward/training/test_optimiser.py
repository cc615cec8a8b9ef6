from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import get_scheduler

from prefdata.config.reward import OptimiserConfig
from prefdata.reward.training.optimiser import Gradients, adamw, rate_of_step, set_rate


@pytest.mark.parametrize("steps", [2, 7, 100])
@pytest.mark.parametrize("warmup", [0.0, 0.03, 0.5])
@pytest.mark.parametrize("schedule", ["cosine", "linear", "constant"])
def test_the_rate_is_that_of_transformers(schedule: Any, warmup: float, steps: int) -> None:
    config = OptimiserConfig(schedule=schedule, warmup=warmup, learning_rate=3e-4)
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3e-4)
    name = "constant_with_warmup" if schedule == "constant" else schedule
    rising = -(-int(steps * warmup * 100) // 100)
    scheduler = get_scheduler(name, theirs, num_warmup_steps=rising, num_training_steps=steps)
    for step in range(steps):
        assert rate_of_step(step, steps, config) == pytest.approx(theirs.param_groups[0]["lr"])
        theirs.step()
        scheduler.step()


def test_a_single_step_has_a_rate() -> None:
    assert rate_of_step(0, 1, OptimiserConfig(warmup=0.5)) == OptimiserConfig().learning_rate


def parameters() -> list[torch.nn.Parameter]:
    draw = torch.Generator().manual_seed(0)
    shapes = [(4, 3), (3,), (2, 2, 2)]
    return [torch.nn.Parameter(torch.randn(shape, generator=draw)) for shape in shapes]


def loss_of(weights: list[torch.nn.Parameter]) -> torch.Tensor:
    return sum(((weight**2).sum() * (place + 1) for place, weight in enumerate(weights)))  # type: ignore[return-value]


@pytest.mark.parametrize("limit", [0.0, 0.5, 1e3])
def test_clips_as_pytorch_does(limit: float) -> None:
    ours, theirs = parameters(), parameters()
    gradients = Gradients(ours)
    for _ in range(2):  # the second time over what the first has left
        gradients.clear()
        loss_of(ours).backward()
    norm = gradients.clip(limit)
    loss_of(theirs).backward()
    expected = torch.nn.utils.clip_grad_norm_(theirs, limit or float("inf"))
    assert norm == pytest.approx(expected.item(), rel=1e-6)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad)
    gradients.drop()
    assert all(weight.grad is None for weight in ours)


def test_decays_matrices_alone() -> None:
    weights = parameters()
    before = [weight.detach().clone() for weight in weights]
    Gradients(weights)
    adam = adamw(weights, OptimiserConfig(weight_decay=0.5))
    set_rate(adam, 0.1)
    adam.step()
    for weight, was, kept in zip(weights, before, [0.95, 1.0, 0.95], strict=True):
        torch.testing.assert_close(weight.detach(), kept * was)
