"""TRL's RewardTrainer on pairs of token ids: `trl_reward.py MODEL PAIRS.npz OUT.json --pairs N`.

The pairs are taken in the order that the file names, N in an optimisation step. What slows a CPU
down is off: bfloat16, gradient checkpointing, reports, progress bars, checkpoints.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import datasets
import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from trl import RewardConfig, RewardTrainer


class Noting(RewardTrainer):
    """Keeps the loss of each step."""

    losses: list[float]

    def training_step(self, *args, **options):
        loss = super().training_step(*args, **options)
        self.losses.append(loss.item())
        return loss


def rows(path: Path) -> dict[str, list[list[int]]]:
    """Both sides of each pair, as TRL's own preparation would leave them."""
    with np.load(path) as arrays:
        ids, starts, shared, chosen, order = (
            arrays[name] for name in ("ids", "starts", "shared", "chosen", "order")
        )
    found: dict[str, list[list[int]]] = {"chosen_ids": [], "rejected_ids": []}
    for pair in order:
        begin, end = starts[pair], starts[pair + 1]
        fork = begin + shared[pair]
        rest = fork + chosen[pair]
        found["chosen_ids"].append(ids[begin:rest].tolist())
        found["rejected_ids"].append([*ids[begin:fork].tolist(), *ids[rest:end].tolist()])
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    datasets.disable_progress_bars()
    model = AutoModelForSequenceClassification.from_pretrained(
        options.model, num_labels=1, dtype=torch.float32
    )
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Noting(
            model=model,
            args=RewardConfig(
                output_dir=scratch,
                bf16=False,
                use_cpu=True,
                gradient_checkpointing=False,
                report_to="none",
                save_strategy="no",
                logging_strategy="no",
                disable_tqdm=True,
                dataloader_pin_memory=False,
                max_length=None,
                train_sampling_strategy="sequential",
                num_train_epochs=1,
                per_device_train_batch_size=options.pairs,
                learning_rate=options.learning_rate,
                lr_scheduler_type="cosine",
                warmup_steps=0.03,
                weight_decay=0.0,
                max_grad_norm=1.0,
            ),
            train_dataset=datasets.Dataset.from_dict(rows(options.data)),
            processing_class=AutoTokenizer.from_pretrained(options.model),
        )
        trainer.losses = []
        begin, begin_cpu = time.perf_counter(), time.process_time()
        trainer.train()
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    found = {"seconds": seconds, "cpu_seconds": cpu_seconds, "losses": trainer.losses}
    options.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
