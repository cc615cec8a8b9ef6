"""The Bradley-Terry loss of preference pairs."""

from __future__ import annotations

import torch
from torch.nn.functional import logsigmoid

from prefdata.config.reward import ObjectiveConfig


def pair_losses(
    rewards: torch.Tensor, margins: torch.Tensor, objective: ObjectiveConfig
) -> torch.Tensor:
    """The loss (n) of each pair, from rewards (n, 2) and margins (n), NaN for none.

    The loss of an optimisation step is the sum over all its micro-batches and processes, divided by
    the number of pairs. The mean equals the loss of TRL's RewardTrainer (which has no smoothing).

    With `smoothing` e it is the unbiased loss for labels of which a share e (0 to 1) is flipped
    (Chowdhury, Kini, Natarajan: Provably Robust DPO, 2024, equation 12): its expectation over flips
    is the loss of the true labels. It is not bounded below, so train for more than one or two
    epochs only with evaluation and patience.
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
    """Whether (n) chosen has the higher reward; a tie counts as wrong, as in TRL."""
    return rewards[:, 0] > rewards[:, 1]
