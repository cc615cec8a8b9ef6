"""A padding token that is nothing but padding.

transformers reads the reward of a decoder at the last token whose id is not that of padding. Where
padding is also what ends a sequence, that is one token early.
"""

from __future__ import annotations

from typing import Any

_NAMES = ("<|pad|>", "<pad>", "[PAD]", "<|padding|>", "<|finetune_right_pad_id|>")
"""What vocabularies call it; the first is added to one that has none of them."""


def use_own_padding(model: Any, tokenizer: Any) -> str | None:
    """Gives tokenizer and model a padding token of their own where need be; what was done.

    A token that the vocabulary has for it is taken; else one is added, in a row of the embeddings
    that no token uses, or in a new one.
    """
    remark = None
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        was = "none" if tokenizer.pad_token_id is None else f"{tokenizer.pad_token} (EOS)"
        vocabulary = tokenizer.get_vocab()
        name = next((name for name in _NAMES if name in vocabulary), _NAMES[0])
        tokenizer.add_special_tokens({"pad_token": name})
        remark = f"the padding token was {was}; it is {name} now, so that every reader of the "
        remark += "model takes the reward at the last token"
        if tokenizer.pad_token_id >= model.get_input_embeddings().num_embeddings:
            model.resize_token_embeddings(tokenizer.pad_token_id + 1, mean_resizing=False)
            remark += " (one row was added to the embeddings for it)"
    model.config.pad_token_id = tokenizer.pad_token_id
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
    return remark
