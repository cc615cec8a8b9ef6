from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.reward import ObjectiveConfig
from prefdata.reward.training.objective import pair_losses, right_pairs

REWARDS = torch.tensor([[1.0, -0.5], [-2.0, 0.25], [0.3, 0.3]])
MARGINS = torch.tensor([0.5, math.nan, -1.0])
finite = st.floats(-8, 8)


def losses(rewards: torch.Tensor, margins: torch.Tensor, **config: object) -> torch.Tensor:
    return pair_losses(rewards, margins, ObjectiveConfig.model_validate(config))


def by_hand(chosen: float, rejected: float, margin: float) -> float:
    return math.log1p(math.exp(-(chosen - rejected - margin)))


def test_is_the_loss_of_trl() -> None:
    """mean(-logsigmoid(rc - rr - margin)) + centring * mean((rc + rr)^2)"""
    expected = [by_hand(1.0, -0.5, 0.5), by_hand(-2.0, 0.25, 0.0), by_hand(0.3, 0.3, -1.0)]
    assert losses(REWARDS, MARGINS).tolist() == pytest.approx(expected)
    centred = [
        one + 0.01 * total**2 for one, total in zip(expected, [0.5, -1.75, 0.6], strict=True)
    ]
    assert losses(REWARDS, MARGINS, centring=0.01).tolist() == pytest.approx(centred)
    bare = [by_hand(chosen, rejected, 0.0) for chosen, rejected in REWARDS.tolist()]
    assert losses(REWARDS, MARGINS, margin=False).tolist() == pytest.approx(bare)


def test_a_margin_that_is_not_finite_is_not_hidden() -> None:
    assert losses(REWARDS, torch.tensor([math.inf, 0.0, 0.0])).isinf().tolist() == [
        True,
        *[False] * 2,
    ]


@given(finite, finite, finite, st.floats(0, 0.45))
def test_smoothing_is_unbiased_over_flips(
    chosen: float, rejected: float, margin: float, share: float
) -> None:
    """(1 - e) * loss(as labelled) + e * loss(the other way round) is the loss without flips."""
    both = torch.tensor([[chosen, rejected], [rejected, chosen]], dtype=torch.float64)
    margins = torch.full((2,), margin, dtype=torch.float64)
    right, wrong = losses(both, margins, smoothing=share).tolist()
    expected = losses(both, margins)[0].item()
    assert (1 - share) * right + share * wrong == pytest.approx(expected, abs=1e-9)


def test_no_smoothing_is_no_smoothing() -> None:
    assert torch.equal(losses(REWARDS, MARGINS, smoothing=0.0), losses(REWARDS, MARGINS))


def test_extreme_rewards_stay_finite() -> None:
    rewards = torch.tensor([[1e4, -1e4], [-1e4, 1e4]], requires_grad=True)
    found = losses(rewards, torch.zeros(2))
    found.sum().backward()
    assert found.tolist() == [0.0, 2e4]
    assert rewards.grad is not None
    assert rewards.grad.tolist() == [[0.0, 0.0], [-1.0, 1.0]]


def test_a_tie_is_wrong() -> None:
    assert right_pairs(REWARDS).tolist() == [True, False, False]
