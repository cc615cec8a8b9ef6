"""Loads a saved reward model as anybody would, scores with it, and lets GRPO learn from it.

Run by another Python, one that has TRL: `python grpo.py MODEL ASKED.json FOUND.json`. ASKED holds
token ids to score and prompts for the policy; FOUND their rewards, and the mean reward of the
policy's completions at each step.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import datasets
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from trl import GRPOConfig, GRPOTrainer


def rewards(model: Any, tokenizer: Any, sequences: list[list[int]]) -> list[float]:
    """All sequences in one padded batch, through the whole model, as TRL calls it."""
    batch = tokenizer.pad({"input_ids": sequences}, padding_side="right", return_tensors="pt")
    with torch.inference_mode():
        found: list[float] = model(**batch).logits[:, 0].tolist()
    return found


def policy_of(tokenizer: Any) -> Qwen3ForCausalLM:
    """A language model that knows nothing: any word may follow any other."""
    torch.manual_seed(0)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def policy_rewards(model: Path, tokenizer: Any, asked: dict[str, Any], scratch: str) -> list[float]:
    """The mean reward of each step of GRPO."""
    prompts = [[{"role": "user", "content": prompt}] for prompt in asked["prompts"]]
    trainer = GRPOTrainer(
        model=policy_of(tokenizer),
        reward_funcs=str(model),
        args=GRPOConfig(
            output_dir=scratch,
            bf16=False,
            use_cpu=True,
            gradient_checkpointing=False,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            seed=0,
            max_steps=asked["steps"],
            per_device_train_batch_size=32,
            num_generations=8,
            max_completion_length=12,
            learning_rate=5e-3,
            lr_scheduler_type="constant",
            logging_steps=1,
        ),
        train_dataset=datasets.Dataset.from_dict({"prompt": prompts}),
        processing_class=tokenizer,
    )
    trainer.train()
    return [entry["reward"] for entry in trainer.state.log_history if "reward" in entry]


def main(folder: Path, asked_file: Path, found_file: Path) -> None:
    datasets.disable_progress_bars()
    asked = json.loads(asked_file.read_text(encoding="utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    with tempfile.TemporaryDirectory() as scratch:
        found = {
            "rewards": rewards(model, tokenizer, asked["sequences"]),
            "policy_rewards": policy_rewards(folder, tokenizer, asked, scratch),
        }
    found_file.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
