"""What reward.py trains: a small Qwen3, and pairs of real or of drawn tokens in our order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from prefdata.config.model import BuildConfig
from prefdata.config.reward import LengthConfig, OptimiserConfig
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.stages.prepare import prepare
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs
from prefdata.reward.training.sampling import pairs_of_step, steps_per_epoch
from prefdata.steps.progress import silent
from prefdata.steps.reward.tokenise import read_pairs, tokenise

COMPLETION = 50
VOCABULARY = 8192
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
)
SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"]


def save_model(texts: list[str], folder: Path) -> None:
    """A Qwen3 of six layers and width 256 with random weights; its BPE is trained on the texts."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import (
        PreTrainedTokenizerFast,
        Qwen3Config,
        Qwen3ForSequenceClassification,
    )

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=SPECIAL,
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        chat_template=CHATML,
    )
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    Qwen3ForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def real_pairs(data: Path, model: Path, folder: Path, count: int | None) -> TokenPairs:
    """The pairs of a preference file as prefdata reads, checks and tokenises them; the first."""
    config = BuildConfig()
    with LocalEngine(1, ()) as engine:
        opened = open_sources([str(data)], config.read, folder / "spool")
        trail = prepare(Run(opened, folder, engine, config)).trail
        tokenise(
            engine, trail.shards, trail.verdicts, str(model), LengthConfig(), folder / "tokens",
            silent,
        )  # fmt: skip
    pairs = read_pairs(folder / "tokens")
    return pairs.only(np.arange(len(pairs) if count is None else min(count, len(pairs))))


def drawn_pairs(prompt: int, count: int) -> TokenPairs:
    """Prompts of so many tokens; completions of 50 on average, from 25 to 75."""
    draw = np.random.default_rng(prompt)

    def tokens(length: int) -> list[int]:
        return draw.integers(len(SPECIAL), VOCABULARY, length).tolist()

    sides = []
    for _ in range(count):
        shared = tokens(prompt)
        rests = [tokens(length) for length in draw.integers(25, 76, 2).tolist()]
        sides.append((shared + rests[0], shared + rests[1]))
    return token_pairs(sides)


def save_pairs(pairs: TokenPairs, optimiser: OptimiserConfig, path: Path) -> Path:
    """Writes the pairs, and the order in which our loop takes them."""
    steps = range(steps_per_epoch(len(pairs), optimiser))
    order = [pairs_of_step(len(pairs), optimiser, step) for step in steps]
    arrays: dict[str, Any] = {
        name: getattr(pairs, name) for name in ("ids", "starts", "shared", "chosen", "rejected")
    }
    np.savez(path, order=np.concatenate(order), **arrays)
    return path
