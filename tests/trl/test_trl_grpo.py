"""From preferences to a policy: our reward model, read by transformers and learnt from by TRL.

PREFDATA_TRL_PYTHON names a Python with what requirements.txt beside this file lists.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prefdata.config.reward import BackboneConfig, OptimiserConfig, RewardConfig
from prefdata.reward.backbone.model_folder import save_backbone
from prefdata.reward.backbone.network import reward_network
from prefdata.reward.backbone.open_backbone import open_backbone
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs
from prefdata.reward.backbone.scoring import rewards_of
from prefdata.reward.training.loop import train_backbone

TRL_PYTHON = os.environ.get("PREFDATA_TRL_PYTHON", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TRL_PYTHON, reason="PREFDATA_TRL_PYTHON does not name a Python that has TRL"
    ),
]

KIND = ["please", "thanks", "welcome", "gladly", "请", "谢谢", "您好", "当然"]
PLAIN = ["the", "a", "table", "river", "walks", "green", "seven", "under"]
PLAIN += ["桌子", "河", "走", "绿", "七", "下", "说", "和"]
ROLES = ["user", "assistant"]
SPECIAL = ["<|pad|>", "<|start|>", "<|end|>", "<|unknown|>"]
TEMPLATE = (
    "{% for message in messages %}<|start|> {{ message['role'] }} {{ message['content'] }} <|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|start|> assistant{% endif %}"
)
PAIRS, STEPS = 256, 20
RISE = 1.0  # in standard deviations of the rewards


def words(random: np.random.Generator, kind: int, length: int = 12) -> str:
    """So many kind words among so many in all, in any order."""
    chosen = [*random.choice(KIND, kind), *random.choice(PLAIN, length - kind)]
    return " ".join(random.permutation(chosen).tolist())


def tokenizer_of_words() -> Any:
    """A token a word, so that what a policy samples is read as it was meant."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *ROLES, *KIND, *PLAIN])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unknown|>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        unk_token="<|unknown|>",
        chat_template=TEMPLATE,
    )


def preferences(tokenizer: Any, random: np.random.Generator) -> TokenPairs:
    """Of two answers the one with more kind words is preferred."""
    sides = []
    for _ in range(PAIRS):
        few, many = sorted(random.choice(13, 2, replace=False).tolist())
        prompt = {"role": "user", "content": words(random, 0, 3)}
        answers = ({"role": "assistant", "content": words(random, kind)} for kind in (many, few))
        talks = ([prompt, answer] for answer in answers)
        chosen, rejected = (
            tokenizer.apply_chat_template(talk, return_dict=True)["input_ids"] for talk in talks
        )
        sides.append((chosen, rejected))
    return token_pairs(sides)


def save_initial(tokenizer: Any, folder: Path) -> None:
    """A small random Qwen3."""
    from transformers import Qwen3Config, Qwen3ForSequenceClassification

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    Qwen3ForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def test_a_policy_learns_from_our_reward_model(tmp_path: Path) -> None:
    random, tokenizer = np.random.default_rng(0), tokenizer_of_words()
    save_initial(tokenizer, tmp_path / "initial")
    config = RewardConfig(
        backbone=BackboneConfig(name=str(tmp_path / "initial"), device="cpu"),
        optimiser=OptimiserConfig(epochs=4, pairs=16, learning_rate=5e-3),
    )
    model = open_backbone(config.backbone, tokenizer, "cpu", seed=0).model
    network = reward_network(model, tokenizer.pad_token_id, config.backbone, 64)
    train, held_out = preferences(tokenizer, random), preferences(tokenizer, random)
    train_backbone(network, train, None, config, tmp_path / "run")
    ours = rewards_of(network, held_out, "cpu", 2048)
    assert (ours[:, 0] > ours[:, 1]).mean() > 0.9
    save_backbone(network.model, tokenizer, tmp_path / "model")

    sides = [side.tolist() for pair in range(32) for side in held_out.sides(pair)]
    prompts = [words(random, 0, 3) for _ in range(4 * STEPS)]
    asked = {"sequences": sides, "prompts": prompts, "steps": STEPS}
    found = asked_of_trl(tmp_path / "model", asked)
    np.testing.assert_allclose(found["rewards"], ours[:32].ravel(), rtol=0, atol=1e-5)

    risen = found["policy_rewards"]
    assert len(risen) == STEPS
    assert np.mean(risen[-5:]) > np.mean(risen[:5]) + RISE * ours.std()


def asked_of_trl(model: Path, asked: dict[str, Any]) -> dict[str, Any]:
    asked_file, found_file = model.parent / "asked.json", model.parent / "found.json"
    asked_file.write_text(json.dumps(asked), encoding="utf-8")
    command = [TRL_PYTHON, Path(__file__).with_name("grpo.py"), model, asked_file, found_file]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(found_file.read_text(encoding="utf-8"))
    return found
