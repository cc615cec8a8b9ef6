from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from small_models import small_model, some_pairs
from training_program import small_network, trained

from prefdata.config.reward import RewardConfig
from prefdata.errors import DataError, RunError
from prefdata.reward.backbone.pairs import token_pairs
from prefdata.reward.training.loop import train_backbone
from prefdata.reward.training.objective import pair_losses
from prefdata.reward.training.training_log import read_training_log

FEW = {"epochs": 2.0, "pairs": 8, "tokens": 200, "learning_rate": 1e-3}


def weights_of(network: torch.nn.Module) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in network.parameters()]


def test_the_loss_falls_and_is_written_down(tmp_path: Path) -> None:
    _, result = trained(tmp_path, {"optimiser": FEW | {"epochs": 10}, "evaluation": {"every": 20}})
    lines = read_training_log(tmp_path)
    steps = [line for line in lines if "loss" in line]
    assert result.steps == len(steps) == 10 * 6
    assert result.pairs == 10 * 43
    assert [line["loss"] for line in steps] == list(result.losses)
    assert np.mean(result.losses[-6:]) < 0.7 * np.mean(result.losses[:6])
    assert [found.step for found in result.evaluations] == [20, 40, 60]
    assert [line["held_out_loss"] for line in lines if "held_out_loss" in line] == [
        found.loss for found in result.evaluations
    ]
    assert result.pairs_per_second > 0
    assert not result.stopped_early


@pytest.mark.parametrize("tokens", [1, 150, 100_000])
def test_micro_batches_add_up_to_the_step(tmp_path: Path, tokens: int) -> None:
    """A plain step on all pairs at once, by PyTorch's own means."""
    pairs = some_pairs(8, seed=3)
    settings = {"pairs": 8, "tokens": tokens, "warmup": 0.0, "clip": 0.5, "weight_decay": 0.1}
    config = RewardConfig.model_validate({"optimiser": settings})
    network = small_network()
    result = train_backbone(network, pairs, None, config, tmp_path)

    model = small_model("qwen3")
    rewards = []
    for number in range(8):
        for side in pairs.sides(number):
            ids = torch.from_numpy(side.astype(np.int64))[None]
            rewards.append(model.score(model.model(ids).last_hidden_state[:, -1])[0, 0])
    chosen, rejected = torch.stack(rewards).reshape(8, 2).unbind(1)
    margins = torch.from_numpy(np.nan_to_num(pairs.margins))
    loss = torch.nn.functional.softplus(-(chosen - rejected - margins)).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    decayed = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim == 1]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    torch.optim.AdamW(groups, lr=2e-5).step()

    assert result.losses[0] == pytest.approx(loss.item(), abs=1e-5)
    for ours, theirs in zip(network.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=0)


def test_the_same_run_gives_the_same_bits_and_leaves_random_numbers_alone(tmp_path: Path) -> None:
    network = small_network()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, _ = trained(tmp_path / "one", {"optimiser": FEW}, network=network)
    assert torch.equal(torch.rand(3), expected)
    other, _ = trained(tmp_path / "other", {"optimiser": FEW})
    assert all(map(torch.equal, weights_of(one), weights_of(other)))
    assert not one.training
    assert all(weight.grad is None for weight in one.parameters())


def test_gradient_checkpointing_changes_nothing(tmp_path: Path) -> None:
    _, plain = trained(tmp_path / "plain", {"optimiser": FEW})
    config = {"optimiser": FEW, "backbone": {"gradient_checkpointing": True}}
    network, saving = trained(tmp_path / "saving", config)
    assert saving.losses == pytest.approx(plain.losses, abs=1e-5)
    assert not any(getattr(part, "gradient_checkpointing", False) for part in network.modules())


def test_bfloat16_comes_near(tmp_path: Path) -> None:
    _, plain = trained(tmp_path / "plain", {"optimiser": FEW})
    config = {"optimiser": FEW, "backbone": {"dtype": "bfloat16"}}
    network, narrow = trained(tmp_path / "narrow", config)
    assert narrow.losses == pytest.approx(plain.losses, abs=0.1)
    assert narrow.losses != plain.losses
    assert all(weight.dtype == torch.float32 for weight in network.parameters())


def test_stops_early_with_the_best_weights(tmp_path: Path) -> None:
    config = {
        "optimiser": FEW | {"epochs": 30, "learning_rate": 1e-2, "schedule": "constant"},
        "evaluation": {"every": 2, "patience": 2},
        "checkpoint": {"every": 5},
    }
    network, result = trained(tmp_path, config)
    best = min(result.evaluations, key=lambda found: found.loss)
    assert result.stopped_early
    assert result.steps == best.step + 4
    assert result.kept_step == best.step
    assert sorted(path.name for path in tmp_path.glob("*-*")) == [
        f"best-{best.step}.safetensors",
        f"step-{result.steps}",
    ]
    held_out, numbers = some_pairs(20, seed=2), np.arange(20)
    rewards = network(network.collate(held_out, numbers))
    losses = pair_losses(rewards, torch.from_numpy(held_out.margins), RewardConfig().objective)
    assert losses.mean().item() == pytest.approx(best.loss, abs=1e-6)
    again, repeated = trained(tmp_path, config)  # nothing is left to be done
    assert repeated.resumed_from == result.steps
    assert msgspec.structs.replace(repeated, resumed_from=0) == result
    assert all(map(torch.equal, weights_of(network), weights_of(again)))


def test_a_loss_that_is_not_finite_names_its_rows(tmp_path: Path) -> None:
    margins = [0.0, float("inf"), 1.0, float("inf")]
    sides = [([1, 2, number], [1, 3]) for number in range(4)]
    pairs = token_pairs(sides, margins=margins, rows=[10, 11, 12, 13])
    with pytest.raises(
        RunError, match=r"loss is not a finite number in step 1, for row 11; row 13\. "
    ):
        train_backbone(small_network(), pairs, None, RewardConfig(), tmp_path)


def test_a_gradient_that_is_not_finite_stops_it_too(tmp_path: Path) -> None:
    network = small_network()
    first = next(network.parameters())
    first.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(RunError, match=r"gradient is not a finite number in step 1.*33 more"):
        trained(tmp_path, {}, network=network)


def test_weights_that_are_broken_are_found_at_once(tmp_path: Path) -> None:
    network = small_network()
    with torch.no_grad():
        next(network.parameters())[5] = float("nan")
    with pytest.raises(RunError, match=r"in step 1.*weights of the model"):
        trained(tmp_path, {}, network=network)


def test_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pair to train on"):
        train_backbone(small_network(), token_pairs([]), None, RewardConfig(), tmp_path)


def test_held_out_may_be_empty(tmp_path: Path) -> None:
    config = RewardConfig.model_validate({"evaluation": {"every": 1, "patience": 1}})
    for number, held_out in enumerate([None, token_pairs([])]):
        folder = tmp_path / str(number)
        result = train_backbone(small_network(), some_pairs(9), held_out, config, folder)
        assert (result.evaluations, result.steps, result.stopped_early) == ((), 1, False)


def test_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[int] = []
    trained(tmp_path, {"optimiser": FEW | {"epochs": 1.5}}, progress=told.append)
    assert told == [8, 16, 24, 32, 40, 43, 51, 59, 67]


def test_prints_nothing(tmp_path: Path, capfd: Any, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING):
        trained(tmp_path, {"optimiser": FEW, "backbone": {"gradient_checkpointing": True}})
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
