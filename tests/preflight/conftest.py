"""Small real tokenizers, trained on the spot: byte-level BPE on English and Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from prefdata.preflight.tokenizer import Tokenizer
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Record

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}"
    "{% if message.tool_calls %}{{ message.tool_calls | tojson }}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if tools %}[tools]{{ tools | tojson }}{% endif %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXTS = ["The sky is blue because air scatters light.", "天空是蓝色的，因为空气散射光线。"] * 20
SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>", "<|im_end|><|im_start|>"]

MakeTokenizer = Callable[..., Any]


@pytest.fixture(scope="session")
def make_tokenizer() -> MakeTokenizer:
    """Options of PreTrainedTokenizerFast in, a tokenizer out."""
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

    from prefdata.preflight.tokenizer import silent_import

    with silent_import():
        from transformers import PreTrainedTokenizerFast

    backend = Backend(models.BPE())
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=alphabet, special_tokens=SPECIAL, show_progress=False
    )
    backend.train_from_iterator(TEXTS, trainer)
    saved = backend.to_str()

    def make(**options: Any) -> Any:
        defaults = {"pad_token": "<|pad|>", "eos_token": "<|im_end|>", "chat_template": CHATML}
        given = {**defaults, **options}
        return PreTrainedTokenizerFast(tokenizer_object=Backend.from_str(saved), **given)

    return make


@pytest.fixture(scope="session")
def chatml(make_tokenizer: MakeTokenizer) -> Tokenizer:
    tokenizer: Tokenizer = make_tokenizer()
    return tokenizer


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., pa.RecordBatch]:
    def batch(*records: Record) -> pa.RecordBatch:
        columns = RecordColumns()
        for row, record in enumerate(records):
            columns.append(row, row + 1, record)
        return columns.batch()

    return batch
