from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_models import small_model
from training_program import trained

from prefdata.config.reward import BackboneConfig, LoraConfig
from prefdata.errors import ModelError
from prefdata.reward.backbone.lora import add_adapters, merge_adapters
from prefdata.reward.backbone.network import reward_network


@pytest.mark.parametrize(("targets", "many"), [((), 14), (("q_proj", "v_proj"), 4)])
def test_trains_adapters_and_head_alone(
    tmp_path: Path, targets: tuple[str, ...], many: int
) -> None:
    model = small_model("qwen3")
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    assert add_adapters(model, LoraConfig(rank=2, targets=targets)) == many
    names = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert {name for name in names if "lora" not in name} == {"score.weight"}
    network = reward_network(model, 0, BackboneConfig(), 128)
    settings = {"optimiser": {"pairs": 8, "learning_rate": 1e-2, "epochs": 2}}
    settings["checkpoint"] = {"every": 1}
    trained(tmp_path, settings, network=network)
    assert (tmp_path / "step-12" / "weights.safetensors").stat().st_size < 40_000

    assert merge_adapters(model) == many
    after = dict(model.named_parameters())
    assert after.keys() == before.keys()
    changed = {name for name in before if not torch.equal(after[name], before[name])}
    assert len(changed) == many + 1
    assert merge_adapters(model) == 0


def test_resumes_with_dropout_to_the_same_bits(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int) -> None:
        if done > 30:
            raise StopError

    def fresh() -> torch.nn.Module:
        model = small_model("qwen3")
        with torch.random.fork_rng():
            torch.manual_seed(0)
            add_adapters(model, LoraConfig(rank=2, dropout=0.3))
        return reward_network(model, 0, BackboneConfig(), 128)

    settings = {"optimiser": {"pairs": 8, "learning_rate": 1e-2}, "checkpoint": {"every": 2}}
    whole, first = trained(tmp_path / "whole", settings, network=fresh())
    with pytest.raises(StopError):
        trained(tmp_path / "cut", settings, network=fresh(), progress=stop)
    resumed, second = trained(tmp_path / "cut", settings, network=fresh())
    assert second.resumed_from == 2
    assert second.losses == first.losses
    assert all(map(torch.equal, whole.parameters(), resumed.parameters()))
    calm = fresh()
    for part in calm.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    assert trained(tmp_path / "calm", settings, network=calm)[1].losses != first.losses


def test_targets_that_the_model_lacks() -> None:
    with pytest.raises(ModelError, match=r"backbone\.lora\.targets.*nobody"):
        add_adapters(small_model("llama"), LoraConfig(rank=2, targets=("nobody",)))
