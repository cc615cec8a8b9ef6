"""Small reward models of random weights, their tokenizer, and what transformers makes of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}"
)
SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
TEXTS = ["The kettle sings when water boils.", "水开的时候，壶会响。", "Nobody knows."] * 8

ROWS: list[dict[str, Any]] = [
    {"prompt": "Why does a kettle sing?", "chosen": "Steam rushes out.", "rejected": "It is sad."},
    {"prompt": "水壶为什么会响？", "chosen": "因为蒸汽冲了出来。", "rejected": "没有人知道。"},
    {
        "prompt": "How is tea made?",
        "chosen": "Pour hot water on the leaves, and wait.",
        "rejected": "Leave it.",
        "margin": 2.0,
    },
    {
        "prompt": "怎么泡茶？",
        "chosen": "用热水泡茶叶，等几分钟。",
        "rejected": "随便吧，怎么都行。",
        "margin": -1.0,
    },
    {
        "prompt": "Which tea is green?",
        "chosen": "The one that was not oxidised.",
        "rejected": "Tea from a green box.",
        "margin": 0.5,
    },
    {
        "prompt": "When is it ready?",
        "chosen": "After three minutes or so.",
        "rejected": "After the three minutes it takes.",
        "margin": 0,
    },
]


def tokenizer() -> Any:
    """Byte-level BPE, with a chat template and a pad token of its own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, special_tokens=SPECIAL, show_progress=False
    )
    backend.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        chat_template=CHATML,
    )


def save_backbone(folder: Path, kind: str = "Llama", *, seed: int = 0, **config: Any) -> Path:
    """Saves a model as `save_pretrained` does, rewards of which spread over some units."""
    import torch
    import transformers

    torch.manual_seed(seed)
    own = tokenizer()
    sizes = {
        "vocab_size": len(own),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "max_position_embeddings": 512,
        "num_labels": 1,
        "pad_token_id": own.pad_token_id,
    }
    settings = getattr(transformers, f"{kind}Config")(**{**sizes, **config})
    model = getattr(transformers, f"{kind}ForSequenceClassification")(settings)
    with torch.no_grad():
        model.score.weight.normal_(0, 1)
    model.save_pretrained(folder)
    own.save_pretrained(folder)
    return folder


def rewards_by_transformers(folder: Path, rows: list[dict[str, Any]]) -> list[list[float]]:
    """[chosen, rejected] of each row, one text at a time: slow and obviously right."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    own = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype="float32").eval()

    def reward(prompt: str, completion: str) -> float:
        said = [("user", prompt), ("assistant", completion)]
        messages = [{"role": role, "content": content} for role, content in said]
        ids = own.apply_chat_template(messages, return_tensors="pt", return_dict=True)["input_ids"]
        with torch.inference_mode():
            return float(model(input_ids=ids).logits[0, 0])

    return [[reward(row["prompt"], row[side]) for side in ("chosen", "rejected")] for row in rows]
