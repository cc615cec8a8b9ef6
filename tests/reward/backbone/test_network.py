from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prefdata.config.reward import BackboneConfig
from prefdata.errors import ModelError
from prefdata.models.quiet import quiet
from prefdata.reward.backbone.attention import padded_rows
from prefdata.reward.backbone.batch import padded_batch
from prefdata.reward.backbone.network import RewardNetwork, reward_network, without_dropout
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs

PAD = 0
Models = Callable[..., Any]
Pairs = Callable[..., TokenPairs]


def network_of(model: Any, packing: str = "auto", max_tokens: int = 100) -> RewardNetwork:
    return reward_network(model, PAD, BackboneConfig(packing=packing), max_tokens)


def rewards_and_gradients(network: RewardNetwork, pairs: TokenPairs) -> list[torch.Tensor]:
    network.zero_grad()
    rewards = network(network.collate(pairs, np.arange(len(pairs))))
    torch.nn.functional.logsigmoid(rewards[:, 0] - rewards[:, 1]).sum().backward()
    gradients = {name: weight.grad for name, weight in network.named_parameters()}
    return [rewards.detach(), *(gradients[name].clone() for name in sorted(gradients))]


@pytest.mark.parametrize("name", ["qwen3", "llama", "mistral", "gemma", "gpt2", "bert"])
def test_the_plain_path_is_transformers(tiny_model: Models, random_pairs: Pairs, name: str) -> None:
    model = tiny_model(name)
    batch = padded_batch(random_pairs(5), np.arange(5), pad_id=PAD)
    expected = model(batch.ids, attention_mask=batch.mask).logits.reshape(2, 5).T
    network = network_of(model, "off")
    assert not network.is_packed
    torch.testing.assert_close(network(batch), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("name", ["qwen3", "llama", "qwen2", "gemma", "phi3", "gpt2"])
def test_packed_gives_the_same_rewards_and_gradients(
    tiny_model: Models, random_pairs: Pairs, name: str, checkpointing: bool
) -> None:
    pairs = random_pairs(9)
    plain, packed = (network_of(tiny_model(name), packing) for packing in ("off", "on"))
    assert packed.is_packed
    if checkpointing:
        with quiet():  # the name of this method is about to change
            packed.model.gradient_checkpointing_enable({"use_reentrant": False})
    without_dropout(plain.train())
    without_dropout(packed.train())
    found, expected = (rewards_and_gradients(network, pairs) for network in (packed, plain))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(
            one, other, rtol=1e-4, atol=1e-6 + 1e-5 * float(other.abs().max())
        )


def test_what_a_gpu_runs_gives_the_same(
    tiny_model: Models, random_pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = random_pairs(9)
    network = network_of(tiny_model("qwen3"), "on")
    expected = rewards_and_gradients(network, pairs)
    monkeypatch.setattr("prefdata.reward.backbone.network.pairs_layout", padded_rows)
    found = rewards_and_gradients(network, pairs)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(
            one, other, rtol=1e-4, atol=1e-6 + 1e-5 * float(other.abs().max())
        )


def test_packed_with_adapters(tiny_model: Models, random_pairs: Pairs) -> None:
    peft = pytest.importorskip("peft")
    found = []
    for packing in ("on", "off"):
        model = tiny_model("qwen3")
        config = peft.LoraConfig(
            r=2, target_modules="all-linear", task_type="SEQ_CLS", init_lora_weights=False
        )
        torch.manual_seed(0)
        with quiet():
            adapted = peft.get_peft_model(model, config).eval()
        network = network_of(adapted, packing)
        found.append(network(network.collate(random_pairs(5), np.arange(5))))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)


def test_reads_the_last_token_where_padding_ends_a_sequence(tiny_model: Models) -> None:
    sides = [([5, 6, PAD], [5, 8, 9, 3, PAD]), ([7, PAD], [4, PAD])]
    model = tiny_model("llama")

    def read_at(side: list[int], place: int) -> float:
        states = model.model(torch.tensor([side])).last_hidden_state
        return float(model.score(states[0, place]).detach())

    assert float(model(torch.tensor([[5, 6, PAD]])).logits.detach()) == pytest.approx(
        read_at([5, 6, PAD], -2)
    )  # what transformers does
    expected = torch.tensor([[read_at(side, -1) for side in both] for both in sides])
    for packing in ("on", "off"):
        network = network_of(model, packing)
        rewards = network(network.collate(token_pairs(sides), np.arange(2)))
        torch.testing.assert_close(rewards, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("bert", {}, "not a decoder"),
        ("mistral", {"sliding_window": 50}, "sees 50 tokens"),
        ("gemma2", {}, "softcap"),
        ("stablelm", {}, "nobody else"),
        ("nemotron", {}, "gives other rewards"),
        ("qwen3", {"is_causal": False}, "looks ahead"),
    ],
)
def test_what_cannot_be_packed_stays_plain(
    tiny_model: Models, random_pairs: Pairs, name: str, settings: dict[str, Any], why: str
) -> None:
    model = tiny_model(name, **settings)
    batch = padded_batch(random_pairs(4), np.arange(4), pad_id=PAD)
    expected = model(batch.ids, attention_mask=batch.mask).logits.reshape(2, 4).T
    network = network_of(model)
    assert not network.is_packed
    assert why in str(network.why_plain)
    torch.testing.assert_close(network(batch), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ModelError, match=why):
        network_of(model, "on")


def test_the_trial_leaves_nothing_behind(tiny_model: Models) -> None:
    model = tiny_model("llama").train()
    model.model.norm.eval()
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    network = network_of(model)
    assert network.is_packed
    assert network.why_plain is None
    torch.testing.assert_close(torch.rand(2), expected)
    assert model.training
    assert not model.model.norm.training
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, weights[name])


def test_a_packed_model_saves_and_answers_as_ever(
    tiny_model: Models, random_pairs: Pairs, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification

    model = tiny_model("qwen3")
    batch = padded_batch(random_pairs(4), np.arange(4), pad_id=PAD)
    expected = model(batch.ids, attention_mask=batch.mask).logits
    assert network_of(model, "on").is_packed
    torch.testing.assert_close(model(batch.ids, attention_mask=batch.mask).logits, expected)
    model.save_pretrained(tmp_path)
    assert "prefdata" not in json.dumps(json.loads((tmp_path / "config.json").read_text()))
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    torch.testing.assert_close(loaded(batch.ids, attention_mask=batch.mask).logits, expected)


def test_rewards_are_float32_under_autocast(tiny_model: Models, random_pairs: Pairs) -> None:
    for packing in ("on", "off"):
        network = network_of(tiny_model("qwen3"), packing)
        batch = network.collate(random_pairs(4), np.arange(4))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rewards = network(batch)
        assert rewards.dtype == torch.float32
        torch.testing.assert_close(rewards, network(batch), rtol=0.1, atol=0.1)


def test_dropout_layers_go_to_zero(tiny_model: Models, random_pairs: Pairs) -> None:
    model = tiny_model("bert").train()
    assert without_dropout(model) > 0
    assert without_dropout(model) == 0
    network = network_of(model)
    batch = network.collate(random_pairs(3), np.arange(3))
    torch.testing.assert_close(network(batch), network(batch))
