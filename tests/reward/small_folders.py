"""Folders of small models, as save_pretrained writes them, and tokenizers that fit them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_models import VOCABULARY, small_model


def small_tokenizer(words: int = VOCABULARY, **special: str) -> Any:
    """Words <0>, <1> ...; `special` tokens (eos_token="<1>") may be among them."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    vocabulary = {f"<{number}>": number for number in range(words)}
    rules = Tokenizer(WordLevel(vocabulary, unk_token="<0>"))
    rules.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=rules, **special)


def save_model(
    folder: Path, name: str, kind: str = "base", *, labels: int = 1, **settings: Any
) -> Path:
    """`kind`: base, causal (without a head for rewards), reward."""
    from transformers import AutoModel, AutoModelForCausalLM

    model = small_model(name, **settings)
    if labels > 1:
        from transformers import AutoModelForSequenceClassification

        model.config.num_labels = labels
        model = AutoModelForSequenceClassification.from_config(model.config)
    if kind != "reward":
        auto = {"base": AutoModel, "causal": AutoModelForCausalLM}[kind]
        config = model.config
        weights = model.base_model.state_dict()
        model = auto.from_config(config)
        model.base_model.load_state_dict(weights)
    model.save_pretrained(folder)
    return folder
