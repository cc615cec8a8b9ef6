from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from small_folders import save_model, small_tokenizer
from training_program import trained

from prefdata.config.reward import BackboneConfig
from prefdata.errors import ModelError
from prefdata.reward.backbone.model_folder import (
    RewardModelFile,
    open_saved,
    read_reward_model_file,
    save_backbone,
)
from prefdata.reward.backbone.network import reward_network
from prefdata.reward.backbone.open_backbone import open_backbone
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs
from prefdata.reward.backbone.scoring import rewards_of


def ending_in_eos(pairs: TokenPairs, eos: int) -> TokenPairs:
    sides = [pairs.sides(number) for number in range(len(pairs))]
    return token_pairs([([*one.tolist(), eos], [*other.tolist(), eos]) for one, other in sides])


def rewards_of_transformers(folder: Path, pairs: TokenPairs) -> Any:
    """By transformers alone, from text: padded by its tokenizer, all in one batch."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    texts = [
        " ".join(f"<{token}>" for token in side)
        for number in range(len(pairs))
        for side in pairs.sides(number)
    ]
    inputs = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    with torch.no_grad():
        return model(**inputs).logits.reshape(-1, 2).numpy()


@pytest.mark.parametrize("pad", ["<0>", "<1>", None])
@pytest.mark.parametrize("rank", [0, 2])
@pytest.mark.parametrize("name", ["llama", "qwen3", "bert"])
def test_transformers_gives_the_rewards_that_were_trained(
    tmp_path: Path, name: str, rank: int, pad: str | None, random_pairs: Any
) -> None:
    folder = save_model(tmp_path / "base", name)
    given = {} if pad is None else {"pad_token": pad}
    tokenizer = small_tokenizer(eos_token="<1>", **given)
    config = BackboneConfig(name=str(folder), lora={"rank": rank, "dropout": 0.1})  # type: ignore[arg-type]
    backbone = open_backbone(config, tokenizer, "cpu", seed=0)
    network = reward_network(backbone.model, tokenizer.pad_token_id, config, 128)
    settings = {"optimiser": {"pairs": 8, "tokens": 300, "learning_rate": 1e-2}}
    trained(tmp_path / "training", settings, network=network)

    pairs = ending_in_eos(random_pairs(16, seed=4), tokenizer.eos_token_id)
    before = rewards_of(network, pairs, "cpu", 300)
    save_backbone(network.model, tokenizer, tmp_path / "saved")
    after = rewards_of(network, pairs, "cpu", 300)
    assert len(np.unique(before)) == 32
    np.testing.assert_allclose(after, before, atol=1e-5)
    np.testing.assert_allclose(
        rewards_of_transformers(tmp_path / "saved", pairs), before, atol=1e-5
    )
    assert not list((tmp_path / "saved").glob("adapter*"))

    model, again = open_saved(tmp_path / "saved", "cpu")
    reopened = reward_network(model, again.pad_token_id, config, 128)
    np.testing.assert_allclose(rewards_of(reopened, pairs, "cpu", 200), before, atol=1e-5)


def test_what_is_saved_says_nothing_of_how_it_was_run(tmp_path: Path) -> None:
    tokenizer = small_tokenizer(eos_token="<1>")
    config = BackboneConfig(name=str(save_model(tmp_path / "base", "qwen3")))
    backbone = open_backbone(config, tokenizer, "cpu", seed=0)
    network = reward_network(backbone.model, tokenizer.pad_token_id, config, 128)
    save_backbone(network.model, tokenizer, tmp_path / "saved")
    said = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert said["architectures"] == ["Qwen3ForSequenceClassification"]
    assert said.get("dtype", said.get("torch_dtype")) == "float32"
    assert not [key for key in said if "attn_implementation" in key]
    assert str(tmp_path) not in json.dumps(said)


def test_a_folder_without_a_reward_head(tmp_path: Path) -> None:
    small_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"is no reward model: it lacks score\.weight"):
        open_saved(save_model(tmp_path, "llama"), "cpu")
    save_model(tmp_path, "llama", "reward", labels=2)
    with pytest.raises(ModelError, match="it gives 2 numbers"):
        open_saved(tmp_path, "cpu")
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ModelError, match="cannot be loaded"):
        open_saved(tmp_path, "cpu")


def test_what_is_known_of_a_saved_model(tmp_path: Path) -> None:
    noted = RewardModelFile(
        kind="backbone",
        source="a/b",
        tokens=1024,
        beyond="drop",
        objective={"margin": True, "centring": 0.0},
        fingerprints={"data": "0" * 32},
        versions={"torch": "2"},
    )
    assert read_reward_model_file(tmp_path) is None
    (tmp_path / "reward_model.json").write_bytes(msgspec.json.encode(noted))
    assert read_reward_model_file(tmp_path) == noted
    (tmp_path / "reward_model.json").write_text('{"kind": "other"}')
    with pytest.raises(ModelError, match="not what this version"):
        read_reward_model_file(tmp_path)
