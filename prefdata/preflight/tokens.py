"""Token ids of both sides, as trainers compute them; the common beginning is tokenised once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from prefdata.preflight.render import RenderedSides
from prefdata.preflight.shared_prefix import SafeCuts
from prefdata.preflight.tokenizer import Tokenizer

Ids = list[int]
Mode = Literal["chat-template", "plain-text"]


def mode(tokenizer: Tokenizer) -> Mode:
    """How rows become text: by the chat template, or by concatenation (`plain-text`).

    Trainers concatenate standard rows (strings); they cannot train on conversational rows with a
    tokenizer that has no chat template.
    """
    return "chat-template" if tokenizer.chat_template is not None else "plain-text"


def token_ids(
    rows: Sequence[RenderedSides], tokenizer: Tokenizer, cuts: SafeCuts | None
) -> list[tuple[Ids, Ids]]:
    """The ids of (chosen, rejected) of each row.

    Special tokens come from the chat template if there is one, else from the tokenizer. With
    `cuts`, the common beginning of both sides is tokenised once.
    """
    special_tokens = mode(tokenizer) == "plain-text"
    if cuts is None:
        texts = [text for both in rows for text in both]
        ids = encode(texts, tokenizer, special_tokens=special_tokens)
        return list(zip(ids[::2], ids[1::2], strict=True))
    pieces: list[str] = []
    for chosen, rejected in rows:
        cut = cuts.last(chosen, rejected)
        pieces += (chosen[:cut], chosen[cut:], rejected[cut:])
    ids = encode(pieces, tokenizer, special_tokens=special_tokens)
    thirds = zip(ids[::3], ids[1::3], ids[2::3], strict=True)
    return [(shared + chosen, shared + rejected) for shared, chosen, rejected in thirds]


def encode(texts: list[str], tokenizer: Tokenizer, *, special_tokens: bool) -> list[Ids]:
    """The ids of each text, never padded or truncated, with or without special tokens."""
    if not texts:
        return []
    batch = tokenizer(
        texts,
        add_special_tokens=special_tokens,
        padding=False,
        truncation=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,  # no warnings about long texts
    )
    ids: list[Ids] = batch["input_ids"]
    return ids
