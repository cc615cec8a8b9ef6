"""Reads a dataset from the Hub, and takes one step of TRL's RewardTrainer on it.

Run by another Python, one that has TRL: `python train_step.py ORG/NAME`; the Hub is the one of
HF_ENDPOINT. The model is a small random Qwen3, the tokenizer is trained on the rows themselves.
Prints, as JSON, the rows of each split, what TRL kept of them, and what the step did.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import torch
from datasets import DatasetDict, load_dataset
from transformers import Qwen3ForSequenceClassification
from trl import RewardConfig, RewardTrainer

sys.path.insert(0, str(Path(__file__).parents[1] / "trl"))
from models import tokenizer_of
from one_step import config_for

ROWS, PAIRS = 400, 16
"""Rows that TRL tokenises, and pairs of the step: the whole dataset would take it minutes."""


def main(name: str) -> None:
    splits = load_dataset(name)
    assert isinstance(splits, DatasetDict)
    rows = splits["train"].shuffle(seed=0).select(range(ROWS))
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    tokenizer = tokenizer_of(texts)
    model = Qwen3ForSequenceClassification(config_for(tokenizer))
    before = [weight.detach().clone() for weight in model.parameters()]
    with tempfile.TemporaryDirectory() as folder:
        trainer = RewardTrainer(
            model=model,
            args=RewardConfig(
                output_dir=folder,
                max_steps=1,
                per_device_train_batch_size=PAIRS,
                max_length=1024,
                bf16=False,
                use_cpu=True,
                gradient_checkpointing=False,
                report_to="none",
                save_strategy="no",
                disable_tqdm=True,
            ),
            train_dataset=rows,
            processing_class=tokenizer,
        )
        loss = trainer.train().training_loss
    after = model.parameters()
    said = {
        "rows": {split: len(rows) for split, rows in splits.items()},
        "columns": splits["train"].column_names,
        "prepared": len(trainer.train_dataset),
        "steps": trainer.state.global_step,
        "loss": loss,
        "changed": any(not torch.equal(a, b) for a, b in zip(before, after, strict=True)),
    }
    print("RESULT " + json.dumps(said))  # noqa: T201 - TRL prints its logs to stdout too


if __name__ == "__main__":
    main(sys.argv[1])
