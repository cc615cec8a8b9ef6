"""Takes one step of TRL's RewardTrainer and DPOTrainer on an output folder, or of KTOTrainer on a
file of unpaired rows.

Run by another Python, one that has TRL: `python one_step.py OUT`, or `python one_step.py
FILE.jsonl MAX_LENGTH`. The model is a small random
Qwen3, the tokenizer is trained on the rows themselves; nothing is fetched. Prints, as JSON, for
each trainer the rows of each split before and after TRL's preparation.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import datasets
import torch
from models import tokenizer_of
from transformers import (
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3ForSequenceClassification,
)
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer


def config_for(tokenizer: PreTrainedTokenizerFast) -> Qwen3Config:
    """The smallest Qwen3 that still is one."""
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )


def options_for(folder: str, rows: datasets.Dataset, max_length: int) -> dict[str, Any]:
    """One step on the CPU with all rows: every row goes through the collator."""
    return {
        "output_dir": folder,
        "bf16": False,
        "use_cpu": True,
        "gradient_checkpointing": False,
        "report_to": "none",
        "max_steps": 1,
        "max_length": max_length,
        "per_device_train_batch_size": len(rows),
        "save_strategy": "no",
        "disable_tqdm": True,
    }


def one_step(trainer: Any, splits: datasets.DatasetDict) -> dict[str, Any]:
    """Trains one step, evaluates on the other splits, and says what became of rows and weights."""
    before = [weight.detach().clone() for weight in trainer.model.parameters()]
    trainer.train()
    metrics = {split: trainer.evaluate(rows) for split, rows in splits.items() if split != "train"}
    after = list(trainer.model.parameters())
    losses = [metric["eval_loss"] for metric in metrics.values()]
    return {
        "rows": len(splits["train"]),
        "prepared": len(trainer.train_dataset),
        "step": trainer.state.global_step,
        "changed": any(not torch.equal(a, b) for a, b in zip(before, after, strict=True)),
        "finite": all(bool(torch.isfinite(weight).all()) for weight in after)
        and all(loss == loss for loss in losses),
        "evaluated": sorted(metrics),
    }


def of_pairs(out: Path, folder: str) -> dict[str, Any]:
    """The steps of RewardTrainer and DPOTrainer on the data of an output folder."""
    splits = datasets.load_from_disk(str(out / "data"))
    tokenizer = tokenizer_of(texts_of(splits["train"]))
    config, options = config_for(tokenizer), options_for(folder, splits["train"], 8192)
    given = {"train_dataset": splits["train"], "processing_class": tokenizer}
    reward = RewardTrainer(
        model=Qwen3ForSequenceClassification(config), args=RewardConfig(**options), **given
    )
    dpo = DPOTrainer(
        model=Qwen3ForCausalLM(config),
        ref_model=Qwen3ForCausalLM(config),
        args=DPOConfig(**options),
        **given,
    )
    return {"reward": one_step(reward, splits), "dpo": one_step(dpo, splits)}


def of_unpaired(path: Path, max_length: int, folder: str) -> dict[str, Any]:
    """The step of KTOTrainer on the rows of a JSON Lines file."""
    rows = datasets.load_dataset("json", data_files=str(path), cache_dir=folder, split="train")
    tokenizer = tokenizer_of(texts_of(rows))
    config = config_for(tokenizer)
    trainer = KTOTrainer(
        model=Qwen3ForCausalLM(config),
        ref_model=Qwen3ForCausalLM(config),
        args=KTOConfig(**options_for(folder, rows, max_length)),
        train_dataset=rows,
        processing_class=tokenizer,
    )
    return {"kto": one_step(trainer, datasets.DatasetDict(train=rows, test=rows))}


def texts_of(rows: datasets.Dataset) -> list[str]:
    """What a tokenizer is trained on."""
    return [json.dumps(row, ensure_ascii=False, default=str) for row in rows]


def main(source: Path, max_length: int) -> None:
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        if source.is_dir():
            results = of_pairs(source, folder)
        else:
            results = of_unpaired(source, max_length, folder)
    print("RESULT " + json.dumps(results))  # noqa: T201 - TRL prints its logs to stdout too


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((*sys.argv[2:], 8192)[0]))
