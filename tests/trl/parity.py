"""Trains reward models with TRL's RewardTrainer and writes down what it did.

Run by another Python, one that has TRL: `python parity.py ASKED.json OUT`. ASKED names, for each
case, the rows, which of them the optimisation steps take, and the settings. In OUT/CASE lie the
initial model (`model/`), what TRL fed it and the losses (`trained.json`), and the gradients of the
first step (`gradients.safetensors`).
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import datasets
import torch
from models import save_encoder, save_llama, save_qwen3, save_smollm2
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl import RewardConfig, RewardTrainer

Case = dict[str, Any]


class Recorder(RewardTrainer):
    """TRL's trainer, with a pen: the ids, losses and first gradients go on record, unchanged."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fed: list[dict[str, Any]] = []
        self.losses: list[float] = []
        self.gradients: dict[str, torch.Tensor] = {}

    def training_step(self, model: Any, inputs: dict[str, Any], *rest: Any) -> torch.Tensor:
        lengths = inputs["attention_mask"].sum(dim=1).tolist()
        rows = zip(inputs["input_ids"].tolist(), lengths, strict=True)
        sides = [ids[:length] for ids, length in rows]
        half = len(sides) // 2
        self.fed.append({"chosen": sides[:half], "rejected": sides[half:]})
        loss = super().training_step(model, inputs, *rest)
        self.losses.append(loss.item())
        if len(self.losses) == 1:  # before they are clipped
            self.gradients = {
                name: weight.grad.detach().clone().contiguous()
                for name, weight in model.named_parameters()
                if weight.grad is not None
            }
        return loss


def save_model(case: Case, folder: Path) -> None:
    """The initial weights of a case, its tokenizer beside them."""
    texts = [json.dumps(row, ensure_ascii=False) for row in case["rows"]]
    match case["model"]:
        case "qwen3":
            save_qwen3(texts, folder)
        case "llama":
            save_llama(texts, folder)
        case "llama that pads with EOS":
            save_llama(texts, folder, pads_with_eos=True)
        case "smollm2":
            save_smollm2(folder)
        case source:
            save_encoder(Path(source), folder)


def train(case: Case, folder: Path, scratch: str) -> Recorder:
    """Twenty or so steps of TRL on rows in a given order."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    trainer = Recorder(
        model=AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=1, dtype=torch.float32
        ),
        args=RewardConfig(
            output_dir=scratch,
            bf16=False,
            use_cpu=True,
            gradient_checkpointing=False,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            train_sampling_strategy="sequential",
            num_train_epochs=1,
            per_device_train_batch_size=case["pairs"],
            learning_rate=case["learning_rate"],
            weight_decay=case["weight_decay"],
            lr_scheduler_type=case["schedule"],
            warmup_steps=case["warmup"],
            max_grad_norm=case["clip"],
            center_rewards_coefficient=case["centring"] or None,
        ),
        train_dataset=datasets.Dataset.from_list([case["rows"][row] for row in case["order"]]),
        processing_class=tokenizer,
    )
    trainer.train()
    return trainer


def main(asked: Path, out: Path) -> None:
    datasets.disable_progress_bars()
    for name, case in json.loads(asked.read_text(encoding="utf-8")).items():
        save_model(case, out / name / "model")
        with tempfile.TemporaryDirectory() as scratch:
            trainer = train(case, out / name / "model", scratch)
        save_file(trainer.gradients, out / name / "gradients.safetensors")
        pad_id = trainer.data_collator.pad_token_id
        found = {"losses": trainer.losses, "fed": trainer.fed, "pad_id": pad_id}
        (out / name / "trained.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
