"""The Bradley-Terry loss of preference pairs."""

from __future__ import annotations

import torch
from torch.nn.functional import logsigmoid

from prefdata.config.reward import ObjectiveConfig


def pair_losses(
    rewards: torch.Tensor, margins: torch.Tensor, objective: ObjectiveConfig
) -> torch.Tensor:
    """The loss of each pair (n), of rewards (n, 2) and margins (n, NaN where there is none).

    They add up: the loss of an optimisation step is their sum over all its micro-batches and
    processes, divided by its pairs. Their mean is that of TRL's RewardTrainer (without smoothing,
    which it lacks).

    With `smoothing` e it is the unbiased loss under labels of which a share e is the wrong way
    round (Chowdhury, Kini, Natarajan: Provably Robust DPO, 2024, equation 12): what it is on
    average over such flips is the loss of the right labels. It has no lower bound, so more than
    one or two epochs call for an evaluation with patience.
    """
    chosen, rejected = rewards.unbind(1)
    margin = torch.where(margins.isnan(), 0.0, margins) if objective.margin else 0.0
    losses = -logsigmoid(chosen - rejected - margin)
    if objective.smoothing:
        share = objective.smoothing
        flipped = -logsigmoid(rejected - chosen - margin)
        losses = ((1 - share) * losses - share * flipped) / (1 - 2 * share)
    if objective.centring:
        losses = losses + objective.centring * (chosen + rejected) ** 2
    return losses


def right_pairs(rewards: torch.Tensor) -> torch.Tensor:
    """Whether chosen has the higher reward (n); a tie is wrong, as it is for TRL."""
    return rewards[:, 0] > rewards[:, 1]
